"""Runs one trial of an external script, reads its numbers while it trains, collects its output.

    an empty folder -> run -> predict -> its predictions and its last numbers

Files that an earlier run left in the script's own folders are never taken for this trial's.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import TrainerError
from tuner.external.curves import CurveReader
from tuner.external.event_files import refuse_without_tensorboard
from tuner.external.failure import TrialFailed
from tuner.external.function import RETURNED
from tuner.external.left_files import describe_left_files
from tuner.external.numbers import Numbers
from tuner.external.on_the_way import Course, LeftEarly, NoCourse
from tuner.external.patching import patched
from tuner.external.process import Command, StopSignal, run_command
from tuner.external.scoring import TrialOutput
from tuner.external.trial_dir import (
    TrialDir,
    commands_of,
    environment_of,
    fields_of,
    make_place,
    python_of,
    working_folder,
)
from tuner.results import RunningTrial, Trial
from tuner.results.events import Listener
from tuner.spec.placeholders import fill, is_python, word
from tuner.spec.study import StudySpec
from tuner.wording import did_you_mean

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.data.cutting import Pixels
    from tuner.external.heldout import Heldout
    from tuner.external.predictions import Marks

OPTIONS_WITH_A_VALUE = ("-m", "-W", "-X")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Script:
    """The study's own script.

    Attributes:
        folder: The study's folder, absolute; each trial has its own folder below.
        heldout: The photos to predict; None for a study with a metric of its own.
        listen: Called with points of curves, from several threads.
        stop: Ends running commands.
        course: Makes what evaluates a trial on its way, of the trial and its fields.
        leaves: Says why a trial leaves early, by its evaluations so far; '' where it goes on.
    """

    spec: StudySpec
    folder: Path
    heldout: Heldout | None
    listen: Listener
    stop: StopSignal
    course: Callable[[Trial, Mapping[str, str]], Course] = lambda _trial, _fields: NoCourse()
    leaves: Callable[[RunningTrial], str] = lambda _running: ""

    def run(self, trial: Trial, gpu: str | None = None) -> TrialOutput:
        """Trains one trial.

        Args:
            gpu: The GPU that it sees; None leaves the choice to the script.

        Raises:
            TrialFailed: It failed, or left no output that can be scored.
            LeftEarly: It was clearly behind, and was ended.
            ProcessEnded: The study is being stopped.
            StorageError: Its folder cannot be written.
        """
        asked = self.spec.trainer
        heldout = self.heldout.of(trial) if self.heldout else None
        place = make_place(self.spec, self.folder, heldout, trial, gpu)
        course = self.course(trial, place.fields)
        curve = CurveReader(
            trial.number, trial.steps, self.listen, asked.steps_per_epoch, course.take
        )
        cwd = working_folder(self.spec)
        numbers = Numbers(asked.metrics, place.out, cwd, place.fields, curve)
        before, pulse = self._marks(place), self._pulse(trial, numbers, course)
        deadline = time.monotonic() + seconds_of(asked.time_limit) if asked.time_limit else None
        for number, words in enumerate(commands_of(self.spec)):
            command = Command(
                [fill(word(each), place.fields) for each in words],
                cwd,
                place.environment,
                place.home / ("output.log" if number == 0 else "predict.log"),
            )
            try:
                run_command(command, self.stop, deadline, numbers.on_line, pulse)
            finally:
                numbers.read_new(ended=True)
        return replace(
            self._left(trial, place, heldout, curve, before),
            missing_numbers=numbers.missing_numbers,
            not_finite=dict(curve.not_finite),
            evaluations=course.read(),
        )

    def _pulse(self, trial: Trial, numbers: Numbers, course: Course) -> Callable[[], None]:
        """What is done about once a second: new numbers are read, and each evaluation judged."""
        judged = 0

        def pulse() -> None:
            nonlocal judged
            numbers.read_new()
            evaluations = course.read()
            while judged < len(evaluations):
                judged += 1
                so_far = evaluations[:judged]
                reason = self.leaves(RunningTrial(trial=trial, evaluations=so_far))
                if reason:
                    raise LeftEarly(reason, so_far)

        return pulse

    def _marks(self, place: TrialDir) -> Marks:
        """Marks of files that lie, before the trial, where its predictions are expected."""
        pattern = self.spec.trainer.predictions
        if pattern is None:
            return {}
        from tuner.external.predictions import find_predictions, marks_of

        return marks_of(find_predictions(pattern, working_folder(self.spec), place.fields))

    def _left(
        self,
        trial: Trial,
        place: TrialDir,
        heldout: Heldout | None,
        curve: CurveReader,
        before: Marks,
    ) -> TrialOutput:
        returned = _returned(place.out) if self.spec.trainer.kind == "function" else {}
        curve.last |= returned.get("metrics", {})
        if heldout is None:
            return TrialOutput(curve.last)
        from tuner.external.predictions import find_predictions, in_folder, read_predictions

        if self.spec.trainer.kind == "function":
            folder = returned.get("predictions")
            if folder is None:
                raise TrialFailed(
                    "the function returned numbers, expected a folder of predictions (numbers "
                    "are for a study with objective.metric)"
                )
            found, where = in_folder(Path(folder)), f"'{folder}'"
        else:
            pattern = self.spec.trainer.predictions
            assert pattern is not None, "required by parsing.external_rules"
            found = find_predictions(pattern, working_folder(self.spec), place.fields)
            where = f"'{fill(pattern, place.fields)}'"
        names = heldout.names
        squares = read_predictions(
            found,
            heldout,
            where,
            before,
            lambda: describe_left_files(place.out, names, trial.steps),
        )
        return TrialOutput(curve.last, squares, fault=_fault_of(squares, heldout))


def _fault_of(predictions: Pixels, heldout: Heldout) -> str:
    from tuner.color.picture_faults import find_fault

    originals = [heldout.originals.get(name) for name in heldout.names]
    return find_fault([*zip(predictions, heldout.squares, strict=True)], originals)


def check_script(spec: StudySpec, folder: Path, heldout: Heldout | None) -> None:
    """Checks what can be checked without running anything.

    Raises:
        TrainerError: A program, folder, file, key or constant is not there.
    """
    cwd = working_folder(spec)
    if not cwd.is_dir():
        raise TrainerError(f"trainer.cwd: there is no folder '{cwd}'")
    if spec.trainer.metrics and spec.trainer.metrics.tensorboard is not None:
        refuse_without_tensorboard()
    trial = Trial(weights=spec.weights, seed=1, steps=spec.trainer.steps, role="baseline")
    fields = fields_of(spec, trial, folder, heldout)
    for number, asked in enumerate(spec.trainer.set):
        patched(asked, cwd, fields)
        fields[f"set.{number}"] = asked.file
    _refuse_missing_scripts(spec, cwd)
    path = environment_of(spec, trial, fields).get("PATH")
    for key, words in zip(("run", "predict"), commands_of(spec), strict=False):
        program = fill(word(words[0]), fields)
        is_path = os.sep in program
        if not shutil.which(str(cwd / program) if is_path else program, path=path):
            raise TrainerError(
                f"trainer.{key}: there is no program '{program}' "
                f"({f'in {cwd}' if is_path else 'in PATH'})"
            )


def _refuse_missing_scripts(spec: StudySpec, cwd: Path) -> None:
    for key, words in zip(("run", "predict"), commands_of(spec), strict=False):
        script = _script_of([word(each) for each in words])
        if script and not (cwd / script).is_file():
            near = did_you_mean(script, [path.name for path in sorted(cwd.glob("*.py"))])
            raise TrainerError(f"trainer.{key}: there is no script '{script}' in {cwd}{near}")


def _script_of(words: Sequence[str]) -> str:
    """The script that a command of Python runs; empty where it runs something else."""
    if not is_python(words):
        return ""
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        if rest[0] in ("-c", "-m") and rest[1:2] != ["tuner.seeded"]:
            return ""
        del rest[: 2 if rest[0] in OPTIONS_WITH_A_VALUE else 1]
    return rest[0] if rest and "{" not in rest[0] else ""


def interpreter_of_study(spec: StudySpec, folder: Path, heldout: Heldout | None) -> str:
    """Versions of the Python that the study's first command starts; empty for another program."""
    trial = Trial(weights=spec.weights, seed=1, steps=spec.trainer.steps, role="baseline")
    fields = fields_of(spec, trial, folder, heldout)
    environment = environment_of(spec, trial, fields)
    python = python_of(spec, environment)
    return python.versions if python else ""


def seconds_of(limit: str) -> float:
    """A time such as `90s` or `2h`."""
    return float(limit[:-1]) * UNITS[limit[-1]]


def _returned(out: Path) -> Mapping[str, Any]:
    try:
        returned: Mapping[str, Any] = json.loads((out / RETURNED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrialFailed("the function ended its process without returning") from error
    return returned

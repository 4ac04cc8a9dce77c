"""Runs one trial of an external script, reads its numbers while it trains, collects its output.

    an empty folder -> run -> predict -> its predictions and its last numbers

Files that an earlier run left in the script's own folders are never taken for this trial's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.external.curves import CurveReader
from tuner.external.failure import TrialFailed
from tuner.external.function import RETURNED
from tuner.external.left_files import describe_left_files
from tuner.external.numbers import Numbers
from tuner.external.on_the_way import Course, LeftEarly, NoCourse
from tuner.external.process import Command, StopSignal, run_command
from tuner.external.scoring import TrialOutput
from tuner.external.trial_dir import (
    TrialDir,
    commands_of,
    make_place,
    working_folder,
)
from tuner.results import RunningTrial, Trial
from tuner.results.events import Listener
from tuner.spec.placeholders import fill, word
from tuner.spec.study import StudySpec

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.data.cutting import Pixels
    from tuner.external.heldout import Heldout
    from tuner.external.predictions import Marks

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


def seconds_of(limit: str) -> float:
    """A time such as `90s` or `2h`."""
    return float(limit[:-1]) * UNITS[limit[-1]]


def _returned(out: Path) -> Mapping[str, Any]:
    try:
        returned: Mapping[str, Any] = json.loads((out / RETURNED).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrialFailed("the function ended its process without returning") from error
    return returned

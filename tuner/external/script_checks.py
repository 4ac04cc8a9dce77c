"""What is known of an external script before it runs: whether all is there, and its interpreter."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import TrainerError
from tuner.external.event_files import refuse_without_tensorboard
from tuner.external.patching import patched
from tuner.external.trial_dir import (
    commands_of,
    environment_of,
    fields_of,
    python_of,
    working_folder,
)
from tuner.results import Trial
from tuner.spec.placeholders import fill, is_python, word
from tuner.spec.study import StudySpec
from tuner.wording import did_you_mean

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.external.heldout import Heldout


OPTIONS_WITH_A_VALUE = ("-m", "-W", "-X")


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

"""The folder, the template fields and the environment of one trial of an external script."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import StorageError
from tuner.external.function import command_for
from tuner.external.interpreter import Interpreter, interpreter_of, with_our_calls
from tuner.external.patching import patched
from tuner.external.process_tree import end_process_tree
from tuner.external.script_api import OUT, WEIGHTS
from tuner.external.side_by_side import VISIBLE_GPUS
from tuner.results import Trial
from tuner.spec.base import Word
from tuner.spec.placeholders import fill, is_python, plain_decimal, word
from tuner.spec.secret_values import with_secrets
from tuner.spec.study import StudySpec

if TYPE_CHECKING:  # it loads torch, which a study with a number of its own does not need
    from tuner.external.heldout import Heldout


@dataclass(frozen=True)
class TrialDir:
    """Folder, fields and environment of one trial.

    Attributes:
        home: The trial's folder, which keeps copies and output.
        out: The folder in it that belongs to the script, empty at the start.
        fields: Values for templates.
        environment: The whole environment of the script.
    """

    home: Path
    out: Path
    fields: Mapping[str, str]
    environment: Mapping[str, str]


def make_place(
    spec: StudySpec, folder: Path, heldout: Heldout | None, trial: Trial, gpu: str | None
) -> TrialDir:
    """Makes an empty folder, also where an earlier attempt left files.

    Args:
        folder: The study's folder, absolute.
        gpu: The GPU that the trial sees; None changes nothing.

    Raises:
        StorageError: The folder cannot be written.
        TrainerError: A file to copy is not what it was.
    """
    home = folder / "trials" / f"trial-{trial.number:03d}"
    out = home / "out"
    if home.exists():
        end_process_tree(str(out))  # an attempt whose tuner was killed may still run
    fields = fields_of(spec, trial, out, heldout)
    try:
        shutil.rmtree(home, ignore_errors=True)
        out.mkdir(parents=True)
        for number, asked in enumerate(spec.trainer.set):
            copy = home / f"set-{number}" / Path(asked.file).name
            copy.parent.mkdir()
            copy.write_bytes(patched(asked, working_folder(spec), fields).content)
            fields[f"set.{number}"] = str(copy)
    except OSError as error:
        raise StorageError(f"{home}: cannot be written ({error.strerror})") from error
    environment = environment_of(spec, trial, fields)
    environment = with_our_calls(environment, folder, python_of(spec, environment))
    if gpu is not None and VISIBLE_GPUS not in spec.trainer.env:
        environment[VISIBLE_GPUS] = gpu
    return TrialDir(home, out, fields, environment)


def commands_of(spec: StudySpec) -> list[Sequence[Word]]:
    """The commands of a trial, in order."""
    asked = spec.trainer
    if asked.kind == "function":
        assert asked.entry is not None, "required by external_rules"
        return [[sys.executable, *command_for(asked.entry)]]
    commands = [words for words in (asked.run, asked.predict) if words is not None]
    if asked.python is None:
        return list(commands)
    python = str(Path(asked.python).expanduser())
    return [[python, *words[1:]] if is_python(words) else words for words in commands]


def python_of(spec: StudySpec, environment: Mapping[str, str]) -> Interpreter | None:
    """The Python that the study's first command starts; None where it is another program."""
    return interpreter_of(word(commands_of(spec)[0][0]), working_folder(spec), environment)


def working_folder(spec: StudySpec) -> Path:
    """Where the script runs."""
    return Path(spec.trainer.cwd).expanduser().absolute()


def fields_of(spec: StudySpec, trial: Trial, out: Path, heldout: Heldout | None) -> dict[str, str]:
    """Values for templates, without the paths of copies."""
    per_epoch = spec.trainer.steps_per_epoch
    return {
        **{f"weights.{name}": plain_decimal(value) for name, value in trial.weights.items()},
        "steps": str(trial.steps),
        **({"epochs": str(math.ceil(trial.steps / per_epoch))} if per_epoch else {}),
        "seed": str(trial.seed),
        "out": str(out),
        "trial": f"{spec.study}-{trial.number:03d}",
        **{name: str(home) for name, home in (heldout.folders if heldout else {}).items()},
    }


def environment_of(spec: StudySpec, trial: Trial, fields: Mapping[str, str]) -> dict[str, str]:
    """The environment of a script: the tuner's own, what the study adds, and the trial.

    Raises:
        TrainerError: A secret of the study is not in this process's environment.
    """
    # A copy of a module still imports what lies beside the module.
    beside = [
        str((working_folder(spec) / each.file).parent)
        for each in spec.trainer.set
        if each.constants is not None
    ]
    given = with_secrets(spec.trainer.env, os.environ)
    asked = {name: fill(word(value), fields) for name, value in given.items()}
    paths = [asked.get("PYTHONPATH"), *dict.fromkeys(beside), os.environ.get("PYTHONPATH")]
    if spec.trainer.python is not None and os.sep in spec.trainer.python:
        programs = (working_folder(spec) / Path(spec.trainer.python).expanduser()).parent
        asked["PATH"] = os.pathsep.join([str(programs), asked.get("PATH") or os.environ["PATH"]])
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",  # its output is complete, also where it is killed
        **asked,
        **({"PYTHONPATH": os.pathsep.join(filter(None, paths))} if any(paths) else {}),
        WEIGHTS: json.dumps(dict(trial.weights)),
        OUT: fields["out"],
        "TUNER_STEPS": fields["steps"],
        "TUNER_SEED": fields["seed"],
        "TUNER_TRIAL": fields["trial"],
        **{f"TUNER_{name.upper()}": fields[name] for name in ("holdout", "gray", "train")
           if name in fields},
    }  # fmt: skip

"""The command that writes the study for a symptom, with the trainer and weights of another one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, count
from typing import Any

from tuner.errors import TunerError
from tuner.guide.roles import Role, likely_roles
from tuner.journal.workspace import named_in
from tuner.spec.changes import describe_changes
from tuner.spec.role_stages import role_stages
from tuner.spec.study import StudySpec
from tuner.spec.study_file import LOCAL_STUDIES, load_study, recorded_study, shipped_studies


def next_study_command(
    study: str,
    treating: str,
    weights: Mapping[str, float],
    roles: Mapping[str, Role],
    found_by: Sequence[str] = (),
) -> str:
    """The command; empty where no weight is known to play a part that the guide moves.

    For example `tuner init mine-washed-out --symptom washed-out --from mine --role pixel=ab`.

    Args:
        study: The study that has shown the symptom, with a trainer or a loss of the user's own.
        treating: The shipped study that treats it.
        weights: Of that study, by name.
        roles: The parts that the study says its weights play; where it says none, their names
            suggest them, and the command says so.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    known = roles or likely_roles(weights)
    moved = {stage.vary for stage in role_stages(_shipped(treating), known, weights)}
    if not moved:
        return ""
    name = _free(f"{study}-{treating}"[:60], lambda one: (LOCAL_STUDIES / f"{one}.yaml").exists())
    words = ["tuner", "init", name]
    words += ["--symptom", treating, "--from", study]
    for weight, role in known.items():
        if weight in moved and not roles:
            words += ["--role", f"{weight}={role}"]
    return shlex.join([*words, *found_by])


def longer_command(recorded: Mapping[str, Any], steps: int, found_by: Sequence[str] = ()) -> str:
    """The command that runs a study again with more steps, under a name of its own.

    Empty where the command would not ask for the rest as it was, as after `--set` or for a study
    file that is named by its path.

    Args:
        recorded: The study as it was recorded.
        steps: Of each trial.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    spec = recorded_study(recorded)
    words = ["tuner", "run", "--study", spec.study, *_as_it_was(spec)]
    overrides = {"data.photos": spec.data.photos, "trainer.steps": spec.trainer.steps}
    try:
        asked = load_study(spec.study, overrides, preset=spec.preset)
    except TunerError:
        return ""
    if describe_changes(asked, spec):
        return ""
    name = free_name(f"{spec.study[:50]}-{steps}", found_by)
    return shlex.join([*words, "--steps", str(steps), "--set", f"study={name}", *found_by])


def treating_command(
    recorded: Mapping[str, Any],
    treating: str,
    weights: Mapping[str, float],
    found_by: Sequence[str] = (),
) -> str:
    """The command for a shipped study that goes on from weights, on the same photos.

    Args:
        recorded: The study that has shown the symptom, as it was recorded.
        treating: The shipped study that treats it.
        weights: To begin with.
        found_by: As for `longer_command`.
    """
    spec = recorded_study(recorded)
    if spec.own_roles is not None:
        return next_study_command(spec.study, treating, weights, spec.own_roles, found_by=found_by)
    words = ["tuner", "run", "--study", treating, *_as_it_was(spec)]
    words += ["--set", f"study={free_name(f'{spec.study}-{treating}'[:60], found_by)}"]
    usual = load_study(treating, preset=spec.preset).weights
    for name, value in weights.items():
        if usual.get(name) != value:
            words += ["--set", f"weights.{name}={value:g}"]
    return shlex.join([*words, *found_by])


def is_already(treating: str, study: str, symptom: str) -> bool:
    """Whether a study is the treating one already, perhaps by another name.

    Args:
        treating: A shipped study.
        symptom: What the study treats.
    """
    return study == treating or symptom == _shipped(treating).symptom


def free_name(name: str, found_by: Sequence[str]) -> str:
    """The name, or one like it that no study of the working folder has.

    Args:
        found_by: Options with which a command finds the folder, such as `--directory runs`.
    """
    workspace = named_in(found_by)
    return _free(name, lambda one: workspace.folder(one).exists())


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    """The name, or the first one like it with a number that is not taken."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if not is_taken(one))


def _as_it_was(spec: StudySpec) -> list[str]:
    quick = ["--quick"] if spec.preset == "quick" else []
    return quick if spec.data.photos == "sample" else ["--photos", spec.data.photos, *quick]


@cache
def _shipped(name: str) -> StudySpec:
    return load_study(str(shipped_studies()[name]))

"""The command that writes the study for a symptom, with the trainer and weights of another one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import cache

from tuner.guide.roles import Role, likely_roles
from tuner.spec.role_stages import role_stages
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study, shipped_studies


def next_study_command(
    study: str,
    treating: str,
    weights: Mapping[str, float],
    roles: Mapping[str, Role],
    name: str | None = None,
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
        name: Of the new study; None makes one.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    known = roles or likely_roles(weights)
    moved = {stage.vary for stage in role_stages(_shipped(treating), known, weights)}
    if not moved:
        return ""
    words = ["tuner", "init", name or f"{study}-{treating}"[:64]]
    words += ["--symptom", treating, "--from", study]
    for weight, role in known.items():
        if weight in moved and not roles:
            words += ["--role", f"{weight}={role}"]
    return shlex.join([*words, *found_by])


@cache
def _shipped(name: str) -> StudySpec:
    return load_study(str(shipped_studies()[name]))

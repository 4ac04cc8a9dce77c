"""The command that goes on with an interrupted study, with the options that it was begun with."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from tuner.errors import TunerError
from tuner.journal.history import StudyHistory
from tuner.spec.changes import describe_changes
from tuner.spec.study import StudySpec
from tuner.spec.study_file import list_studies, load_study, recorded_study


class _Asked(NamedTuple):
    """Words that ask for a study, and whether they ask for all that was recorded."""

    words: list[str]
    same: bool


def command_to_go_on(history: StudyHistory, study: str, found_by: Sequence[str] = ()) -> str:
    """The command, and where it needs more than is known, what that is.

    Args:
        study: As the user named it: its name, or the path of its file.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    recorded = recorded_study(history.spec)
    asked = _ask(study, recorded) or _by_another_name(recorded)
    if asked is None:
        command = shlex.join([*_beginning("FILE", recorded), *found_by])
        return f"{command} (FILE is the study's file)"
    command = shlex.join([*asked.words, *found_by])
    return command if asked.same else f"{command} (and with the other options it was begun with)"


def _ask(study: str, recorded: StudySpec, renamed: str = "") -> _Asked | None:
    """How to ask for what was recorded; None where there is no such study.

    Args:
        renamed: The name that it gets by `--set`; empty for its own.
    """
    words = _beginning(study, recorded)
    overrides: dict[str, Any] = {"study": renamed} if renamed else {}
    options: tuple[tuple[str, str, Any], ...] = (
        ("--photos", "data.photos", recorded.data.photos),
        ("--steps", "trainer.steps", recorded.trainer.steps),
    )
    try:
        asked = load_study(study, overrides, preset=recorded.preset)
        differing = [text.partition(":")[0] for text in describe_changes(asked, recorded)]
        for option, key, value in options:
            if key in differing:
                words += [option, str(value)]
                overrides[key] = value
        asked = load_study(study, overrides, preset=recorded.preset)
    except TunerError:
        return None
    words += ["--set", f"study={renamed}"] if renamed else []
    return _Asked(words, not describe_changes(asked, recorded))


def _by_another_name(recorded: StudySpec) -> _Asked | None:
    """How to ask for a study that got its name by `--set study=...`; None where it did not."""
    for known in list_studies():
        if known.symptom == recorded.symptom:
            asked = _ask(known.name, recorded, recorded.study)
            if asked is not None and asked.same:
                return asked
    return None


def _beginning(study: str, recorded: StudySpec) -> list[str]:
    quick = ["--quick"] if recorded.preset == "quick" else []
    return ["tuner", "run", "--study", study, *quick]

"""The command that goes on with an interrupted study, with the options that it was begun with."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from tuner.errors import TunerError
from tuner.journal.history import StudyHistory
from tuner.spec.changes import describe_changes
from tuner.spec.study_file import load_study, recorded_study


def command_to_go_on(history: StudyHistory, study: str, found_by: Sequence[str] = ()) -> str:
    """The command, and where it needs more than is known, what that is.

    Args:
        study: As the user named it: its name, or the path of its file.
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    recorded = recorded_study(history.spec)
    words, overrides = ["tuner", "run", "--study", study], {}
    words += ["--quick"] if recorded.preset == "quick" else []
    options: tuple[tuple[str, str, Any], ...] = (
        ("--photos", "data.photos", recorded.data.photos),
        ("--steps", "trainer.steps", recorded.trainer.steps),
    )
    try:
        asked = load_study(study, preset=recorded.preset)
        differing = [text.partition(":")[0] for text in describe_changes(asked, recorded)]
        for option, key, value in options:
            if key in differing:
                words += [option, str(value)]
                overrides[key] = value
        asked = load_study(study, overrides, preset=recorded.preset)
        same = not describe_changes(asked, recorded)
    except TunerError:
        words[3], same = "FILE", True
    command = shlex.join([*words, *found_by])
    if words[3] == "FILE":
        return f"{command} (FILE is the study's file)"
    return command if same else f"{command} (and with the other options it was begun with)"

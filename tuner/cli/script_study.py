"""A study file for a training script, proposed by its text alone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.cli.study_writing import path_for, start_value, write_study
from tuner.data.discovery import find_pictures
from tuner.errors import TunerError
from tuner.external.proposal.draft import Draft, propose
from tuner.external.proposal.study_text import proposed_study_text
from tuner.spec.placeholders import is_python
from tuner.spec.study import StudySpec


@dataclass(frozen=True)
class ScriptStudy:
    """What was written.

    Attributes:
        path: The study file.
        draft: What was found in the script, and what was not.
        spec: What the file asks for.
    """

    path: Path
    draft: Draft
    spec: StudySpec


def write_script_study(
    name: str,
    command: str,
    photos: str | None = None,
    weights: str | None = None,
    *,
    force: bool = False,
) -> ScriptStudy:
    """Writes `studies/NAME.yaml` for a script, and the schema beside it.

    Args:
        command: The script, and the words that follow it today, such as `train.py -opt a.yml`.
        photos: A folder of color photos; None takes the sample photos.
        weights: Such as `l1=100,gan`; None takes all settings that are called like weights.
        force: Overwrites an existing file.

    Raises:
        TunerError: The script cannot be read, or shows no weights; nothing was written.
        StorageError: The file is there already, or cannot be written.
    """
    path = path_for(name, force=force)
    draft = propose(_words(command), _named(weights) if weights is not None else None)
    if photos is not None:
        find_pictures(photos, asked="--photos")
    spec, _ = write_study(path, proposed_study_text(draft, name, command, photos=photos))
    return ScriptStudy(path, draft, spec)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise TunerError(f"init: --from-script: {command!r} has an open quote ({error})") from error
    rest = words[1:] if is_python(words) else words
    if not rest:
        raise TunerError("init: --from-script is empty, expected a script such as train.py")
    return rest


def _named(weights: str) -> Mapping[str, float | None]:
    return dict(_one(part.strip()) for part in weights.split(","))


def _one(part: str) -> tuple[str, float | None]:
    name, equals, value = (word.strip() for word in part.partition("="))
    return name, start_value(value, f"--weights {part}") if equals else None

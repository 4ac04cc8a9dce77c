"""Reads study files: finds them, applies presets and overrides, and refuses mistakes.

    file -> Document (values, lines) -> SpecBuilder (preset, overrides) -> rules, types -> StudySpec

This module does not import torch, and opens no photo.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuner.errors import StorageError, StudyFileError, StudyNotFound
from tuner.spec.parsing.builder import SpecBuilder, parse_assignments
from tuner.spec.parsing.core_schema import write
from tuner.spec.parsing.number_rules import unusable_numbers
from tuner.spec.parsing.rules import broken_rules
from tuner.spec.parsing.validation_messages import check
from tuner.spec.parsing.yaml12 import Document
from tuner.spec.parsing.yaml_file import parse, read_text
from tuner.spec.study import StudySpec
from tuner.wording import dotted, listed, nearest, shown

__all__ = [
    "StudyHeading",
    "dump_study",
    "list_studies",
    "load_study",
    "parse_assignments",
    "shipped_studies",
]

LOCAL_STUDIES = Path("studies")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class StudyHeading:
    """One line of the list of studies.

    Attributes:
        name: What `--study` takes.
        symptom: What the study treats; for a file that cannot be read, its first mistake.
        shipped: Whether it comes with the package.
    """

    name: str
    symptom: str
    path: Path
    shipped: bool


def load_study(
    name_or_path: str, overrides: Mapping[str, Any] | None = None, *, preset: str | None = None
) -> StudySpec:
    """Reads a study.

    Args:
        name_or_path: A name, searched in `./studies` and then among the studies of the package,
            or the path of a file.
        overrides: Dotted keys, such as `{"trainer.steps": 300, "stages[1].max": 6}`. A text
            means what it means in YAML 1.2, so `"300"` is a number and `"[1, 2]"` a list.
        preset: `quick`: settings for a laptop, which win over the file and lose to the overrides.

    Raises:
        StudyNotFound: There is no such file.
        StudyFileError: Has all mistakes at once, each with its line or its override.

    Example:
        A study that comes with the package, with fewer steps.

        >>> from tuner import load_study
        >>> study = load_study("sepia-fix", {"trainer.steps": 300})
        >>> study.study, study.trainer.steps, study.weights["ab_weight"]
        ('sepia-fix', 300, 2.0)
    """
    path = _find(str(name_or_path))
    return parse_study(read_text(path), path, overrides, preset)


def parse_study(
    text: str,
    path: Path,
    overrides: Mapping[str, Any] | None = None,
    preset: str | None = None,
) -> StudySpec:
    """The study that a text asks for, also before it is written to its file.

    Args:
        path: Of the file, for the sentences about mistakes.

    Raises:
        StudyFileError: As above.
    """
    draft = SpecBuilder(_document(text, path), str(path))
    if preset is not None:
        draft.lay_preset(preset)
    for key, value in (overrides or {}).items():
        draft.override(key, value)

    if unusable := draft.sentences([*unusable_numbers(draft.values)]):
        raise StudyFileError(unusable)
    rules, checked = broken_rules(draft.values), check(draft.values)
    told = {mistake.keys for mistake in rules}
    wrong_types = () if isinstance(checked, StudySpec) else checked
    mistakes = draft.sentences([*rules, *(each for each in wrong_types if each.keys not in told)])
    if mistakes:
        raise StudyFileError(mistakes)
    assert isinstance(checked, StudySpec)
    return checked


def list_studies() -> tuple[StudyHeading, ...]:
    """All studies, by name; one in `./studies` hides a shipped one of the same name."""
    headings = {}
    for folder, shipped in ((_shipped_studies(), True), (LOCAL_STUDIES, False)):
        for path in folder.glob("*.yaml"):
            headings[path.stem] = StudyHeading(path.stem, _symptom(path), path, shipped)
    return tuple(headings[name] for name in sorted(headings))


def found_as(name: str) -> str:
    """What `--study` takes for a study of this name: the name, or FILE where only a path works."""
    here = os.path.lexists(LOCAL_STUDIES / f"{name}.yaml")
    return name if here or name in shipped_studies() else "FILE"


def shipped_studies() -> dict[str, Path]:
    """The files of the studies that come with the package, by name."""
    return {path.stem: path for path in sorted(_shipped_studies().glob("*.yaml"))}


def dump_study(spec: StudySpec) -> str:
    """The study as YAML with all its keys; it loads back to an equal study."""
    return write(spec.model_dump(mode="json", exclude_none=True))


def recorded_study(values: Mapping[str, Any]) -> StudySpec:
    """The study that a journal or a shared storage has recorded.

    Raises:
        StorageError: Another version of the tuner has recorded it.
    """
    try:
        return StudySpec.model_validate(values)
    except (ValidationError, RecursionError) as error:
        where = ""
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            where = f" ({dotted(first['loc'])}: {first['msg']})"
        raise StorageError(
            f"the study '{values.get('study', '')}' was recorded by another version of the "
            f"tuner{where}; use that version, or start afresh with --restart"
        ) from error


def _find(name_or_path: str) -> Path:
    if NAME.fullmatch(name_or_path):
        for folder in (LOCAL_STUDIES, _shipped_studies()):
            path = folder / f"{name_or_path}.yaml"
            if os.path.lexists(path):
                return path
    path = Path(name_or_path)
    is_path = path.suffix in {".yaml", ".yml"} or any(sep in name_or_path for sep in "/\\")
    # A single word is the name of a study, even where a folder has the same name.
    if os.path.lexists(name_or_path) and (is_path or not path.is_dir()):
        return path
    what = "study file" if is_path else "study"
    raise StudyNotFound(f"no {what} '{name_or_path}'{_known(path.stem)}")


def _known(name: str) -> str:
    known = [heading.name for heading in list_studies()]
    if not known:
        return f", and no study at all in '{LOCAL_STUDIES}' or in the package"
    best = nearest(name, known)
    meant = f" (did you mean '{best}'?)" if best else ""
    return f"{meant}; known studies: {listed(known)}"


def _shipped_studies() -> Path:
    inside = Path(__file__).parents[1] / "studies"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "studies"


def _symptom(path: Path) -> str:
    try:
        return str(_document(read_text(path), path).values.get("symptom") or "")
    except StudyFileError as error:
        return f"({error})"


def _document(text: str, path: Path) -> Document:
    document = parse(text, path)
    if not isinstance(document.values, dict):
        raise StudyFileError(tuple(_not_a_study(document, path)))
    return document


def _not_a_study(document: Document, path: Path) -> Iterator[str]:
    for line, mistake in document.mistakes:
        yield f"{path}:{line}: {mistake.text}"
    if document.values is not None:
        yield f"{path}:1: got {shown(document.values)}, expected keys such as 'study' and 'stages'"
    elif not document.mistakes:
        yield f"{path}:1: empty, expected a study (`tuner init` writes one)"

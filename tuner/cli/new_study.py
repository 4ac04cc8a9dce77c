"""A study file for the user's photos and weights, made from the shipped study of a symptom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.cli.study_writing import path_for, start_value, typed_pair, write_study
from tuner.data.discovery import find_pictures
from tuner.errors import TunerError
from tuner.guide.cures import CURES, HEALTHY
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.base import tidy
from tuner.spec.scaffold import new_study_text
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study, shipped_studies
from tuner.wording import did_you_mean, listed

WITHOUT_SYMPTOM = "all-weights"
CHANNELS = ("a_weight", "b_weight")
"""Weights of the loss that most studies leave out."""


@dataclass(frozen=True)
class NewStudy:
    """What was written.

    Attributes:
        path: The study file.
        like: Name of the shipped study that it was made from.
        spec: What the file asks for.
        hides: Whether it hides a shipped study of the same name.
        has_schema: Whether the schema for editors lies beside it.
    """

    path: Path
    like: str
    spec: StudySpec
    hides: bool
    has_schema: bool


def write_new_study(
    name: str,
    symptom: str | None = None,
    photos: str | None = None,
    weights: str | None = None,
    *,
    force: bool = False,
) -> NewStudy:
    """Writes `studies/NAME.yaml` in the working directory, and the schema beside it.

    Args:
        symptom: A symptom as `tuner diagnose` names it, or the name of a shipped study.
        photos: A folder of color photos; None takes the sample photos.
        weights: Such as `ab_weight=4,l_weight=0.5`, or the name of a preset; weights that are
            not named keep the values of the shipped study.
        force: Overwrites an existing file.

    Raises:
        TunerError: A name, symptom or weight is wrong; nothing was written.
        StorageError: The file is there already, or cannot be written.
    """
    path = path_for(name, force=force)
    shipped = shipped_studies()
    like = study_that_treats(symptom, tuple(shipped))
    started = load_study(str(shipped[like])).weights
    start = {**started, **_parsed(weights, started)} if weights is not None else None
    if start is not None and not any(start.values()):
        raise TunerError("init: --weights: all are 0, expected at least one above 0")
    if photos is not None:
        find_pictures(photos, asked="--photos")
    text = new_study_text(
        shipped[like].read_text(encoding="utf-8"), name, photos=photos, weights=start
    )
    spec, has_schema = write_study(path, text)
    return NewStudy(path, like, spec, name in shipped, has_schema)


def study_that_treats(symptom: str | None, studies: tuple[str, ...]) -> str:
    """The shipped study for a symptom, or for its own name.

    Raises:
        TunerError: There is none.
    """
    if symptom is None or symptom == HEALTHY:
        return WITHOUT_SYMPTOM
    for name, cure in CURES.items():
        if symptom == name and cure.study is None:
            raise TunerError(f"init: there is no study for '{symptom}': {cure.cure}")
        if symptom == name and cure.study:
            return cure.study
    if symptom in studies:
        return symptom
    known = (*CURES, HEALTHY, *studies)
    raise TunerError(f"init: unknown symptom '{symptom}'{did_you_mean(symptom, known)}")


def _parsed(text: str, started: Mapping[str, float]) -> dict[str, float]:
    if text in WEIGHT_PRESETS:
        return dict(WEIGHT_PRESETS[text])
    names = tuple(dict.fromkeys((*started, *CHANNELS)))
    return dict(_one(part.strip(), names) for part in text.split(","))


def _one(part: str, known: tuple[str, ...]) -> tuple[str, float]:
    expected = f"such as ab_weight=4,l_weight=0.5, or one of {listed(WEIGHT_PRESETS)}"
    name, value = typed_pair(part, "--weights", known, expected)
    return name, tidy(start_value(value, f"--weights {part}"))

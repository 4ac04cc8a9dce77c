"""Two sets of weights that are to be compared, turned into a study that makes only the claim.

A, B -> Side (a name, weights, perhaps a study) -> one setting for both -> StudySpec
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.errors import StudyChanged, StudyFileError, StudyNotFound
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.changes import describe_changes
from tuner.spec.objective import RepeatsSpec
from tuner.spec.parsing.untyped import is_number
from tuner.spec.parsing.yaml_file import read_values
from tuner.spec.study import BudgetSpec, ConfirmSpec, StudySpec
from tuner.spec.study_file import list_studies
from tuner.wording import did_you_mean, shown

Load = Callable[[str], StudySpec]
"""Reads a study, with the options of the command laid on it."""

START = "start"
FILES = {".yaml", ".yml", ".json"}
LONGEST_NAME = 64


@dataclass(frozen=True)
class Side:
    """One of two sets of weights.

    Attributes:
        name: What it is called.
        weights: Those that it names; the others are as in the study.
        study: Where it is a study's own.
        origin: Name of the study whose result an exported file is; empty for others.
    """

    name: str
    weights: Mapping[str, float]
    study: StudySpec | None = None
    origin: str = ""


def compare_weights(
    first: str,
    second: str,
    load: Load,
    *,
    study: str | None = None,
    name: str | None = None,
    seeds: int = 12,
    margin: float | None = None,
) -> StudySpec:
    """The study that compares two sets of weights, on equal seeds and photos.

    Args:
        first: A file of weights, an exported file, `start`, a preset, or a study.
        second: Another one.
        study: Names how both are trained; None takes the study that one of them is or comes from.
        name: What the comparison is called; None takes the names of both.
        seeds: The most that are spent.
        margin: A difference of the score that does not count.

    Raises:
        TunerError: A side that cannot be read, or does not fit; its text says what and how.
    """
    sides = [_side(given, load) for given in (first, second)]
    base = _base(sides, load, study)
    for side in sides:
        if side.study is not None:
            _refuse_other_settings(base, side)
    before, after = (_complete(side, base) for side in sides)
    names = [side.name for side in sides]
    if before == after:
        raise StudyFileError((f"compare: '{names[0]}' and '{names[1]}' are the same weights",))
    asked = _setting(base) | {
        "study": name or _called(names),
        "weights": before,
        "challenger": {"weights": after, "name": names[1], "against": names[0]},
        "repeats": RepeatsSpec(confirm=seeds).model_dump(),
        "confirm": ConfirmSpec(steps=base.confirm.steps, margin=margin).model_dump(),
        "budget": BudgetSpec(max_trials=2 * seeds).model_dump(),
    }
    return StudySpec.model_validate(asked)


def _side(given: str, load: Load) -> Side:
    """What one argument names."""
    if given == START:
        return Side(START, {})
    if given in WEIGHT_PRESETS:
        return Side(given, WEIGHT_PRESETS[given])
    path = Path(given)
    if path.is_file():
        return _from_file(path, load)
    if path.suffix in FILES or "/" in given:
        raise StudyNotFound(f"compare: there is no file '{given}'")
    known = [START, *WEIGHT_PRESETS, *(heading.name for heading in list_studies())]
    if given not in known:
        raise StudyNotFound(
            f"compare: '{given}' is no file, preset or study{did_you_mean(given, known)}"
        )
    return _of_study(given, given, load)


def _from_file(path: Path, load: Load) -> Side:
    values = read_values(path)
    if not isinstance(values, dict):
        raise StudyFileError((f"{path}: got {shown(values)}, expected weights by name",))
    if "stages" in values and "improvement" not in values:
        return _of_study(path.stem, str(path), load)
    weights = values.get("weights", values)
    if not isinstance(weights, dict) or not weights:
        raise StudyFileError((f"{path}: weights: got {shown(weights)}, expected weights by name",))
    mistakes = [
        f"{path}: {name}: got {shown(value)}, expected a number of at least 0"
        for name, value in weights.items()
        if not is_number(value) or not 0 <= value < float("inf")
    ]
    if mistakes:
        raise StudyFileError(tuple(mistakes))
    origin = values.get("study", "") if weights is not values else ""
    return Side(path.stem, {str(name): float(value) for name, value in weights.items()}, None,
                str(origin))  # fmt: skip


def _of_study(name: str, given: str, load: Load) -> Side:
    study = load(given)
    return Side(name, dict(study.weights), study)


def _base(sides: list[Side], load: Load, study: str | None) -> StudySpec:
    """How both are trained."""
    if study is not None:
        return load(study)
    for side in sides:
        if side.study is not None:
            return side.study
    for side in sides:
        if side.origin:
            return load(side.origin)
    raise StudyNotFound(
        "compare: which study says how both are trained? Name it with --study (tuner studies "
        "lists them)"
    )


def _setting(spec: StudySpec) -> dict[str, Any]:
    """What both sides share: photos, trainer, score; nothing of a search."""
    kept = {"data", "trainer", "objective", "guardrails", "seed", "preset"}
    return {**spec.model_dump(mode="json", include=kept), "stages": []}


def _refuse_other_settings(base: StudySpec, side: Side) -> None:
    """A difference could come from anything in which the two sides differ."""
    assert side.study is not None, "only studies have settings"
    nothing = {"study": base.study, "weights": base.weights, "symptom": "", "stages": ()}
    alone = StudySpec.model_fields.keys() - _setting(base).keys() | {"stages"}
    first, second = (
        spec.model_copy(update={name: getattr(base, name) for name in alone} | nothing)
        for spec in (base, side.study)
    )
    changes = describe_changes(first, second)
    if base.confirm.steps != side.study.confirm.steps:
        changes = (*changes, "confirm.steps")
    if changes:
        raise StudyChanged(
            f"compare: '{side.name}' differs from '{base.study}' in more than weights "
            f"({'; '.join(changes)}), so a difference would not tell which it comes from"
        )


def _complete(side: Side, base: StudySpec) -> dict[str, float]:
    """All weights of the study, those of the side in their place."""
    unknown = [name for name in side.weights if name not in base.weights]
    if unknown:
        raise StudyFileError(
            tuple(
                f"{side.name}: unknown weight '{name}'{did_you_mean(name, base.weights)}"
                for name in unknown
            )
        )
    return {**base.weights, **side.weights}


def _called(names: list[str]) -> str:
    """A name for the comparison: `legacy-against-balanced`."""
    whole = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{names[1]}-against-{names[0]}")
    return whole.lstrip("-._")[:LONGEST_NAME]

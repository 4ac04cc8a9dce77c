"""Reduces a study until it fits into a number of hours, in the order that costs least truth.

What is beside the claim goes first; then values, between which a curve is fitted; then seeds; last
steps, as at a half of them trials still rank much as at the end (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil

from tuner.errors import StudyFileError
from tuner.spec.stage import StageSpec
from tuner.spec.stage_plan import StagePlan
from tuner.spec.study import FittedSpec, StudySpec
from tuner.wording import duration, joined

HoursOf = Callable[[StudySpec], float]
"""The most hours that a study takes."""

SHORTEST = 0.25
"""Of the steps; at fewer, what trials say of the end is little (docs/decisions.md)."""


def fit_to_hours(spec: StudySpec, hours_of: HoursOf) -> StudySpec:
    """The study with `budget.fitted`, reduced so that it takes at most `budget.hours`.

    Raises:
        StudyFileError: The hours are too few for any study.
    """
    hours = spec.budget.hours
    assert hours is not None, "only a study with hours is fitted"
    for fitted in _rungs(spec):
        reduced = reduce(spec, fitted)
        if hours_of(reduced) <= hours:
            return reduced
    fitted = fitted.model_copy(update={"steps": _steps_that_fit(spec, fitted, hours, hours_of)})
    reduced = reduce(spec, fitted)
    takes = hours_of(reduced)
    if takes > hours:
        few = f"budget.hours: {hours:g} h are too few: even with {_listed(fitted)}"
        way_out = f"allowed here: {ceil(takes)} or more; or take --quick, a GPU or fewer stages"
        raise StudyFileError((f"{few} it may take {duration(takes * 3600)} ({way_out})",))
    return reduced


def fewest_hours(spec: StudySpec, hours_of: HoursOf) -> float:
    """The fewest hours that a study can be fitted to."""
    *_, fitted = _rungs(spec)
    fewest = fitted.model_copy(update={"steps": _fewest_steps(spec)})
    return hours_of(reduce(spec, fewest))


def reduce(spec: StudySpec, fitted: FittedSpec) -> StudySpec:
    """The study with no more of everything than is fitted."""
    starts = {stage.vary: spec.weights[stage.vary] for stage in spec.stages}
    trainer = spec.trainer.model_copy(update={"steps": fitted.steps})
    longer = spec.confirm.steps
    if longer is not None:
        longer = max(1, round(longer * fitted.steps / spec.trainer.steps))
    return spec.model_copy(
        update={
            "stages": tuple(
                _thinned(stage, starts[stage.vary], fitted.values) for stage in spec.stages
            ),
            "cycles": fitted.cycles,
            "compare": spec.compare if fitted.compare else (),
            "combination": fitted.combination,
            "repeats": spec.repeats.model_copy(
                update={"decide": fitted.decide, "confirm": fitted.confirm}
            ),
            "trainer": trainer,
            "confirm": spec.confirm.model_copy(update={"steps": longer, "looks": fitted.looks}),
            "budget": spec.budget.model_copy(update={"fitted": fitted}),
        }
    )


def describe_fit(spec: StudySpec, reduced: StudySpec) -> str:
    """What was reduced, in one sentence."""
    before, after = _whole(spec), reduced.budget.fitted
    assert after is not None, "the study was fitted"
    changes = [
        f"{now} of {full} {what}"
        for what, full, now in zip(_NAMES, _amounts(before), _amounts(after), strict=True)
        if full != now
    ]
    if before.compare and not after.compare:
        changes.append("no comparison with presets and other weightings")
    planned = f"Planned for {reduced.budget.hours:g} h"
    if not changes:
        return f"{planned}: nothing has to be left out."
    return f"{planned}: {joined(changes, 'and')}."


_NAMES = (
    "cycles",
    "values a stage",
    "combined trials",
    "deciding seeds",
    "confirming seeds",
    "looks at the claim",
    "steps",
)


def _amounts(fitted: FittedSpec) -> tuple[int, ...]:
    return (
        fitted.cycles,
        fitted.values,
        fitted.combination,
        fitted.decide,
        fitted.confirm,
        fitted.looks,
        fitted.steps,
    )


def _listed(fitted: FittedSpec) -> str:
    return (
        f"{fitted.values} values a stage, {fitted.confirm} confirming seeds and "
        f"{fitted.steps} steps"
    )


def _whole(spec: StudySpec) -> FittedSpec:
    """Everything that the study asks for."""
    return FittedSpec(
        values=max(len(_values(stage, spec.weights[stage.vary])) for stage in spec.stages),
        cycles=spec.cycles,
        compare=bool(spec.compare),
        combination=spec.combination,
        decide=spec.repeats.decide,
        confirm=spec.repeats.confirm,
        looks=spec.confirm.looks,
        steps=spec.trainer.steps,
    )


_CUTS: tuple[dict[str, int], ...] = (
    {"compare": 0},
    {"cycles": 1},
    {"looks": 1},
    {"values": 3},
    {"combination": 2},
    {"confirm": 4},
    {"values": 2},
    {"decide": 2, "confirm": 3},
)
"""What is cut, one after the other; nothing is raised."""


def _rungs(spec: StudySpec) -> Iterator[FittedSpec]:
    rung = _whole(spec)
    yield rung
    for cut in _CUTS:
        kept = {name: min(int(getattr(rung, name)), most) for name, most in cut.items()}
        rung = FittedSpec(**{**rung.model_dump(), **kept})
        yield rung


def _steps_that_fit(spec: StudySpec, fitted: FittedSpec, hours: float, hours_of: HoursOf) -> int:
    """The most steps that fit, with two digits, but not fewer than a quarter of those asked for."""
    low, high = _fewest_steps(spec), spec.trainer.steps
    while high - low > 1:
        middle = (low + high) // 2
        fits = hours_of(reduce(spec, fitted.model_copy(update={"steps": middle}))) <= hours
        low, high = (middle, high) if fits else (low, middle)
    size: int = 10 ** max(0, len(str(low)) - 2)
    return max(_fewest_steps(spec), low // size * size)


def _fewest_steps(spec: StudySpec) -> int:
    return max(1, round(spec.trainer.steps * SHORTEST))


def _values(stage: StageSpec, start: float) -> tuple[float, ...]:
    """The values that a stage asks for, the start's own left out."""
    return StagePlan(1, stage, 0.0, float("inf")).candidates(start)


def _thinned(stage: StageSpec, start: float, most: int) -> StageSpec:
    """The stage with at most so many values, evenly chosen, the outermost ones kept."""
    many = _values(stage, start)
    if len(many) <= most:
        return stage
    if stage.times is not None:  # the start's own value, times 1, is trained already
        many = tuple(sorted(set(stage.times) - {1.0}))
    kept = tuple(many[round(place * (len(many) - 1) / (most - 1))] for place in range(most))
    assert all(one < other for one, other in pairwise(kept)), "the chosen places differ"
    fewer = {"times": kept} if stage.times is not None else {"values": kept}
    return StageSpec(vary=stage.vary, because=stage.because, extend=stage.extend, **fewer)

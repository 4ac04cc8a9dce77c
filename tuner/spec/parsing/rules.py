"""Rules that several parts of a study must obey together: weights, stages, bounds and budget.

The rules read plain values, so these mistakes are reported together with all others. Values of a
wrong type are left to `validation_messages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.objective import RepeatsSpec
from tuner.spec.parsing.external_rules import broken_trainer_rules
from tuner.spec.parsing.untyped import entries, is_number, section
from tuner.spec.study import BudgetSpec, DataSpec
from tuner.wording import Keys, Mistake, did_you_mean, listed, shown

LONGEST_NAME = 100
"""Characters of a weight's name."""

Bounds = Mapping[str, tuple[float, float]]


def broken_rules(values: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Everything where the parts of a study contradict each other."""
    broken = [
        *broken_trainer_rules(values),
        *_too_small_a_budget(values),
        *_unknown_preset(values),
        *_nothing_left_to_train_on(values),
        *_stages_beside_a_challenger(values),
        *_guarding_what_is_tuned(values),
    ]
    weights = section(values, "weights")
    if weights:
        bounds = dict(_usable_bounds(values))
        broken += [
            *_names_that_cannot_be_shown(weights),
            *_nothing_to_train(weights),
            *_unknown_weights(values, weights),
            *_reversed_bounds(values),
            *_starts_outside(weights, bounds),
            *_stages_outside(values, weights, bounds),
            *_presets_of_another_loss(values, weights),
            *_another_challenger(values, weights),
        ]
    return tuple(broken)


def _unknown_preset(values: Mapping[str, Any]) -> Iterator[Mistake]:
    name = values.get("weights")
    if isinstance(name, str):
        yield Mistake(("weights",), f"unknown preset '{name}'{did_you_mean(name, WEIGHT_PRESETS)}")


def _nothing_left_to_train_on(values: Mapping[str, Any]) -> Iterator[Mistake]:
    data = section(values, "data")
    holdout, vault = data.get("holdout", DataSpec().holdout), data.get("vault", 0)
    if is_number(holdout) and is_number(vault) and 0 < vault < 1 <= holdout + vault:
        text = f"got {vault:g} beside a holdout of {holdout:g}, expected less than 1 in all"
        yield Mistake(("data", "vault"), text)


def _stages_beside_a_challenger(values: Mapping[str, Any]) -> Iterator[Mistake]:
    if entries(values, "stages") and section(values, "challenger"):
        text = "a challenger is compared with the start weights alone (expected 'stages: []')"
        yield Mistake(("challenger",), text)


def _guarding_what_is_tuned(values: Mapping[str, Any]) -> Iterator[Mistake]:
    metric = section(values, "objective").get("metric")
    if isinstance(metric, str) and metric in section(section(values, "guardrails"), "metrics"):
        text = "is the number that is tuned (objective.metric); a guardrail is for another one"
        yield Mistake(("guardrails", "metrics", metric), text)


def _another_challenger(values: Mapping[str, Any], weights: Mapping[str, Any]) -> Iterator[Mistake]:
    """The challenger has the same weights, by name, and another value of one of them."""
    other = section(section(values, "challenger"), "weights")
    if not other:
        return
    for name in other:
        if name not in weights:
            text = f"unknown weight '{name}'{did_you_mean(name, weights)}"
            yield Mistake(("challenger", "weights", name), text)
    for name in weights:
        if name not in other:
            yield Mistake(("challenger", "weights"), f"'{name}' is missing", about="missing")
    if dict(other) == dict(weights):
        yield Mistake(("challenger", "weights"), "the same as 'weights'; nothing could be compared")


def _names_that_cannot_be_shown(weights: Mapping[str, Any]) -> Iterator[Mistake]:
    """A line break in a name would end a comment of exported Python, or a line of a table."""
    for name in weights:
        fault = ""
        if len(name) > LONGEST_NAME:
            fault = f"has {len(name)} characters, expected at most {LONGEST_NAME}"
        elif not name.isprintable():
            fault = "has a line break, or another character that cannot be seen"
        if fault or not name:
            yield Mistake(("weights",), f"the name {shown(name)} {fault or 'is empty'}")


def _nothing_to_train(weights: Mapping[str, Any]) -> Iterator[Mistake]:
    if all(is_number(value) and value == 0 for value in weights.values()):
        yield Mistake(("weights",), "all are 0, expected at least one above 0")


def _unknown_weights(values: Mapping[str, Any], weights: Mapping[str, Any]) -> Iterator[Mistake]:
    named: list[tuple[Keys, Any]] = [
        *((("stages", index, "vary"), stage.get("vary")) for index, stage in _stages(values)),
        *((("bounds", name), name) for name in section(values, "bounds")),
        *((("roles", name), name) for name in section(values, "roles")),
    ]
    for keys, name in named:
        if isinstance(name, str) and name not in weights:
            yield Mistake(keys, f"unknown weight '{name}'{did_you_mean(name, weights)}")


def _reversed_bounds(values: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, (low, high) in _pairs(values):
        if low >= high:
            text = f"got {low:g} and {high:g}, expected the lowest value first, then a higher one"
            yield Mistake(("bounds", name), text)


def _starts_outside(weights: Mapping[str, Any], bounds: Bounds) -> Iterator[Mistake]:
    for name, value in weights.items():
        yield from _outside(("weights", name), value, name, bounds)


def _stages_outside(
    values: Mapping[str, Any], weights: Mapping[str, Any], bounds: Bounds
) -> Iterator[Mistake]:
    varied = set()
    for index, stage in _stages(values):
        name, keys = stage.get("vary"), ("stages", index)
        if not isinstance(name, str):
            continue
        for entry, value in enumerate(entries(stage, "values")):
            yield from _outside((*keys, "values", entry), value, name, bounds)
        for end in ("min", "max"):
            yield from _outside((*keys, end), stage.get(end), name, bounds)
        # Where an earlier stage may have moved the weight, the values of `times` are not known.
        if name not in varied and is_number(weights.get(name)):
            yield from _factors(keys, stage, name, weights[name], bounds)
        varied.add(name)


def _factors(
    keys: Keys, stage: Mapping[str, Any], name: str, start: float, bounds: Bounds
) -> Iterator[Mistake]:
    factors = entries(stage, "times")
    if factors and start == 0:
        yield Mistake((*keys, "times"), f"{name} starts at 0, and so stays; give 'values' instead")
        return
    for entry, factor in enumerate(factors):
        if is_number(factor) and name in bounds:
            place = (*keys, "times", entry)
            # Rounded: 3 x 0.1 must not count as above a bound of 0.3.
            yield from _outside(place, round(factor * start, 12), name, bounds)


def _presets_of_another_loss(
    values: Mapping[str, Any], weights: Mapping[str, Any]
) -> Iterator[Mistake]:
    named = next(iter(WEIGHT_PRESETS.values()))
    if "presets" in entries(values, "compare") and not set(named) <= set(weights):
        lacking = [name for name in named if name not in weights]
        text = f"the presets are of a loss with {listed(named)}; the study lacks {listed(lacking)}"
        yield Mistake(("compare",), text)


def _outside(keys: Keys, value: Any, name: str, bounds: Bounds) -> Iterator[Mistake]:
    if name not in bounds or not is_number(value):
        return
    low, high = bounds[name]
    if not low <= value <= high:
        text = f"got {value:g}, expected a value from {low:g} to {high:g} (bounds.{name})"
        yield Mistake(keys, text)


def _too_small_a_budget(values: Mapping[str, Any]) -> Iterator[Mistake]:
    baseline = section(values, "repeats").get("baseline", RepeatsSpec().baseline)
    most = section(values, "budget").get("max_trials", BudgetSpec().max_trials)
    if is_number(baseline) and is_number(most) and 1 <= most <= baseline:
        text = f"got {most:g}, expected more than the {baseline:g} trainings of repeats.baseline"
        yield Mistake(("budget", "max_trials"), text)


def _usable_bounds(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    return ((name, (low, high)) for name, (low, high) in _pairs(values) if low < high)


def _pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, pair in section(values, "bounds").items():
        if isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair)):  # noqa: PLR2004
            yield name, (pair[0], pair[1])


def _stages(values: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    numbered = enumerate(entries(values, "stages"))
    return [(index, stage) for index, stage in numbered if isinstance(stage, dict)]

"""Checks the loss: its components against the guide's ranges, and their shares of the total."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from tuner.checking.result import CheckResult, Color
from tuner.color.loss_weights import COMPONENT_WEIGHTS
from tuner.guide.golden_rule import HIGH, LOW
from tuner.guide.ranges import FAR_SMALLER, GUIDE_RANGES
from tuner.reporting.page.loss_shares import LossShares
from tuner.wording import rounded

SUBJECT = "loss"
NEARLY_ALL, ADDS_UP = 0.95, 0.02
"""Share of one term that leaves the others no say; how well terms have to add up to the total."""

ADVICE: Mapping[tuple[str, str], str] = {
    ("perceptual", "above"): "the guide: increase perceptual_weight",
    ("perceptual", "below"): "the guide: decrease perceptual_weight",
    ("l_luminance", "above"): "brightness is off: increase l_weight",
    ("ab_chrominance", "above"): "colors are off; what counts is its share, below",
    ("saturation", "above"): "stuck high it means gray or sepia: increase saturation_weight",
}
"""The guide's cure for a component outside its range; small errors need none."""


def check_loss(
    mix: LossShares,
    weights: Mapping[str, float],
    when: str,
    *,
    random_trunk: bool,
) -> Iterator[CheckResult]:
    """Checks components, shares, the golden rule and ratios of weights.

    Args:
        mix: Unweighted components, shares of the weighted ones in the total, and their ratio.
        when: When they were measured, such as `after 3 steps`.
        random_trunk: Whether LPIPS has another trunk than its own. The guide's range of
            `perceptual` does not hold for such a trunk.
    """
    for name in GUIDE_RANGES:
        if name in mix.values:
            yield _component(name, mix.values[name], when, random_trunk=random_trunk)
    yield _shares(mix.shares, when)
    yield _golden_rule(mix, when)
    yield from _ratios(weights)


def check_custom_loss(
    address: str, averages: Mapping[str, float], weights: Mapping[str, float], steps: int
) -> CheckResult:
    """The numbers of a loss of the user's; the guide has no ranges for them, but for shares."""
    values = {name.removeprefix("loss/"): value for name, value in averages.items()}
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
    sentence = f"'{address}' in the first {steps} steps: {numbers}"
    shares = _own_shares(values, weights)
    largest = max(shares, key=lambda name: shares[name], default="")
    if len(shares) > 1 and shares[largest] >= NEARLY_ALL:
        told = f"{sentence}; '{largest}' makes up {shares[largest]:.0%} of the total"
        advice = "lower its weight or raise the others: the optimizer follows the largest term"
        return CheckResult(SUBJECT, "amber", told, advice)
    return CheckResult(SUBJECT, "green", sentence)


def _own_shares(values: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """Shares of the total; empty where the terms do not add up to it, weighted or as they are."""
    total = values.get("total", 0.0)
    plain = {name: value for name, value in values.items() if name != "total"}
    weighted = {name: value * weights.get(name, weights.get(f"{name}_weight", math.nan))
                for name, value in plain.items()}  # fmt: skip
    for terms in (weighted, plain):
        if total > 0 and math.isclose(sum(terms.values()), total, rel_tol=ADDS_UP):
            return {name: value / total for name, value in terms.items()}
    return {}


def _component(name: str, value: float, when: str, *, random_trunk: bool) -> CheckResult:
    low, high = GUIDE_RANGES[name]
    side = "above" if value > high else "below" if value < low else "within"
    measured, guides = f"{name} {value:.3f} {when}", f"the guide's {low:g} to {high:g}"
    if name == "perceptual" and random_trunk:
        other = f"{measured}; {guides} does not hold, as another network measures it"
        return CheckResult(SUBJECT, "green", other)
    advice = ADVICE.get((name, side), "")
    if advice or side == "within":
        color: Color = "amber" if advice else "green"
        return CheckResult(SUBJECT, color, f"{measured}, {side} {guides}", advice)
    return CheckResult(SUBJECT, "green", f"{measured}; that is fine, although not in {guides}")


def _shares(shares: Mapping[str, float], when: str) -> CheckResult:
    parts = ", ".join(f"{name} {shares.get(name, 0.0):.0%}" for name in GUIDE_RANGES)
    return CheckResult(SUBJECT, "green", f"weighted shares {when}: {parts}")


def _golden_rule(mix: LossShares, when: str) -> CheckResult:
    ab, perceptual = (mix.shares.get(name, 0.0) for name in ("ab_chrominance", "perceptual"))
    if ab <= 0 or perceptual <= 0:
        missing = "ab_weight" if ab <= 0 else "perceptual_weight"
        sentence = f"the golden rule cannot be looked at: {missing} takes no part"
        return CheckResult(SUBJECT, "amber" if ab <= 0 else "green", sentence)
    ratio = ab / perceptual if mix.golden_ratio is None else mix.golden_ratio
    sentence = (
        f"golden rule: the weighted AB loss is {rounded(ratio)} times the perceptual one {when} "
        f"(the guide: {LOW:g} to {HIGH:g})"
    )
    if LOW <= ratio <= HIGH:
        return CheckResult(SUBJECT, "green", sentence)
    if ratio > HIGH:
        return CheckResult(SUBJECT, "amber", sentence, "expect strong colors, or lower ab_weight")
    far = f", more than {FAR_SMALLER:g} times smaller" if ratio < 1 / FAR_SMALLER else ""
    advice = "raise ab_weight or lower perceptual_weight; a study that varies them tries that"
    return CheckResult(SUBJECT, "amber", f"{sentence}{far}", advice)


def _ratios(weights: Mapping[str, float]) -> Iterator[CheckResult]:
    ab = weights.get("ab_weight", 0.0)
    others = [
        name for name in COMPONENT_WEIGHTS.values() if name != "ab_weight" and name in weights
    ]
    if ab > 0 and others:
        ratios = ", ".join(f"{name} {weights[name] / ab:.3g}" for name in others)
        yield CheckResult(
            SUBJECT,
            "green",
            f"as parts of ab_weight: {ratios} (only ratios matter; scaling all weights "
            "changes almost nothing)",
        )

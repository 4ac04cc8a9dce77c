"""Finds the symptoms of a set of predictions: its measures against thresholds.

The rules use the numbers of `measures.measures`, in order of precedence: a symptom hides or
explains those after it. Where no rule holds, the colors are healthy.

    gray             chroma_ratio < 0.25; nothing else can be said of its colors
    brightness       |lightness_drift| > 3, lightness_rmse > 8, lightness_gain beyond 0.85..1.15
    sepia-cast       tint >= 4 and the mean color moved, or all is of one hue; tint_hue is warm
    purple-cast      the same, tint_hue is cold
    wrong-objects    ab_correlation < 0.3, or all hues turned by more than 30 degrees
    washed-out       chroma_ratio < 0.75, also in the better channel
    too-vibrant      chroma_ratio > 1.3, also in the weaker channel, or color noise
    channel-balance  red-green and blue-yellow differ by a third
    bleeding         colors change beside the edges where the photo's change, by more than 0.2

`docs/diagnosis.md` says where the thresholds come from, and how often the first symptom is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tuner.guide.cures import CURES, WILD, Cure, Symptom

Measures = Mapping[str, float]

GRAY, PALE, VIVID = 0.25, 0.75, 1.3
"""Limits of chroma, as a share of the photos' chroma."""

MOST_DRIFT, MOST_ERROR, MOST_GAIN = 3.0, 8.0, 0.15
"""Limits of mean L and of the error of L, in Lab units, and of the contrast's distance from 1."""

LEAST_TINT = 4.0
"""Smallest tint of a cast in Lab units; 32 good predictions have less."""

CUTTING_NOISE = 5.0
"""Color noise above which other measures are wrong: sRGB clips colors that are too strong, which
moves the mean and lowers the correlation. Slopes above 1 move the mean in the same way."""

ONE_HUE, MORE_OF_ONE_HUE = 0.75, 0.15
"""Smallest hue concentration of predictions with one hue, and its distance from the photos'."""

UNRELATED, MOST_TURN = 0.3, 30.0
"""Correlation below which colors do not fit the objects, and the largest rotation in degrees."""

NOISY = 2.5
"""Ratio of color steps between neighboring pixels, prediction over photo, for noisy colors; the
limit is higher where colors are strong."""

BALANCED = 0.75
"""Smallest ratio of the weaker to the stronger channel."""

MOST_BLEEDING = 0.2
"""How much less the photo's edges explain than shifted or smeared ones: 0 for colors at their
edges, 0.1 for a small network, which is a little soft, 0.4 for a shift of 0.8 % of the side."""

WARM_FROM, WARM_TO = 10.0, 197.5
"""Degrees: half way between the guide's sepia (30 to 115) and its purple (-80 to -10)."""


@dataclass(frozen=True)
class SymptomFinding:
    """One symptom, and the measure that shows it.

    Attributes:
        symptom: Its name.
        measure: The measure that is farthest beyond its threshold.
        value: The value of that measure.
        threshold: The threshold of that measure.
        healthy: The side of the threshold on which healthy predictions are.
        cure: The guide's cure.
    """

    symptom: Symptom
    measure: str
    value: float
    threshold: float
    healthy: Literal["above", "below"]
    cure: Cure


def find_symptoms(measures: Measures) -> tuple[SymptomFinding, ...]:
    """All symptoms of a set of predictions, the one to treat first in front; empty if healthy.

    Args:
        measures: The measures of the whole set, by the names of `measures.measures`.
    """
    measures = {**measures, **derived(measures)}
    found: list[SymptomFinding] = []
    for rule in (_gray, _brightness, _cast, _wrong, _pale, _vivid, _unbalanced, _bleeding):
        symptoms = {finding.symptom for finding in found}
        found += [finding for finding in rule(measures) if not _EXPLAINS[rule] & symptoms]
    return tuple(found)


def derived(measures: Measures) -> dict[str, float]:
    """Three more numbers that only the rules use.

    Returns:
        `channel_balance`: blue-yellow over red-green, each as a share of the photos' (1 is right);
        `noise_per_chroma`: color noise relative to the strength of the colors; and
        `turned`: `hue_turn` without its sign.
    """
    return {
        "turned": abs(measures["hue_turn"]),
        "channel_balance": _over(measures["b_ratio"], measures["a_ratio"]),
        "noise_per_chroma": measures["color_noise"] / max(1.0, measures["chroma_ratio"]),
    }


def _gray(m: Measures) -> Iterator[SymptomFinding]:
    if m["chroma_ratio"] < GRAY:
        yield _below("gray", "chroma_ratio", m, GRAY)


def _brightness(m: Measures) -> Iterator[SymptomFinding]:
    drift, gain = m["lightness_drift"], m["lightness_gain"]
    side = 1 if gain > 1 else -1
    beyond = {
        "lightness_drift": abs(drift) / MOST_DRIFT,
        "lightness_rmse": m["lightness_rmse"] / MOST_ERROR,
        "lightness_gain": abs(gain - 1) / MOST_GAIN,
    }
    worst = max(beyond, key=lambda name: beyond[name])
    if beyond[worst] <= 1:
        return
    if worst == "lightness_gain":
        at = _above if side > 0 else _below
        yield at("brightness", worst, m, 1 + side * MOST_GAIN)
    elif worst == "lightness_drift" and drift < 0:
        yield _below("brightness", worst, m, -MOST_DRIFT)
    else:
        yield _above("brightness", worst, m, MOST_DRIFT if "drift" in worst else MOST_ERROR)


def _cast(m: Measures) -> Iterator[SymptomFinding]:
    alone = m["hue_concentration_target"] + MORE_OF_ONE_HUE
    one_hue = m["hue_concentration"] >= max(ONE_HUE, alone)
    moved = m["mean_shift"] >= LEAST_TINT and m["ab_fit"] >= UNRELATED
    strength = (m["a_slope"] + m["b_slope"]) / 2
    least = LEAST_TINT * max(1.0, strength**2, m["noise_per_chroma"] / CUTTING_NOISE)
    if m["tint"] >= least and (one_hue or moved):
        warm = WARM_FROM < m["tint_hue"] % 360 <= WARM_TO
        yield _above("sepia-cast" if warm else "purple-cast", "tint", m, least)


def _wrong(m: Measures) -> Iterator[SymptomFinding]:
    if m["turned"] > MOST_TURN and m["ab_fit"] >= UNRELATED:
        yield _above("wrong-objects", "turned", m, MOST_TURN)
    elif m["ab_correlation"] < UNRELATED and m["noise_per_chroma"] <= CUTTING_NOISE:
        yield _below("wrong-objects", "ab_correlation", m, UNRELATED)


def _pale(m: Measures) -> Iterator[SymptomFinding]:
    stronger = max(m["a_ratio"], m["b_ratio"])
    if m["chroma_ratio"] < PALE and not (_is_unbalanced(m) and stronger >= PALE):
        yield _below("washed-out", "chroma_ratio", m, PALE)


def _vivid(m: Measures) -> Iterator[SymptomFinding]:
    weaker = min(m["a_ratio"], m["b_ratio"])
    if m["noise_per_chroma"] > NOISY:
        yield _above("too-vibrant", "noise_per_chroma", m, NOISY, WILD)
    elif m["chroma_ratio"] > VIVID and not (_is_unbalanced(m) and weaker <= VIVID):
        yield _above("too-vibrant", "chroma_ratio", m, VIVID)


def _unbalanced(m: Measures) -> Iterator[SymptomFinding]:
    if _is_unbalanced(m):
        if m["channel_balance"] < 1:
            yield _below("channel-balance", "channel_balance", m, BALANCED)
        else:
            yield _above("channel-balance", "channel_balance", m, 1 / BALANCED)


def _bleeding(m: Measures) -> Iterator[SymptomFinding]:
    if m.get("bleeding", 0.0) > MOST_BLEEDING:  # readings of older trials do not have it
        yield _above("bleeding", "bleeding", m, MOST_BLEEDING)


def _is_unbalanced(m: Measures) -> bool:
    """Whether amount of color and slope are both unbalanced, and in the same direction."""
    ratios = (m["channel_balance"], _over(m["b_slope"], m["a_slope"]))
    return all(ratio < BALANCED for ratio in ratios) or all(r > 1 / BALANCED for r in ratios)


_Rule = Callable[[Measures], Iterator[SymptomFinding]]

_CASTS = {"sepia-cast", "purple-cast"}
_EXPLAINS: Mapping[_Rule, set[str]] = {
    _gray: set(),
    _brightness: set(),
    _cast: {"gray"},
    _wrong: {"gray"},
    _pale: {"gray"},
    _vivid: {"gray", *_CASTS},
    _unbalanced: {"gray", "wrong-objects", *_CASTS},
    _bleeding: {"gray", "wrong-objects"},
}
"""For each rule, the symptoms after which it is not applied: a cast, for instance, adds chroma."""


def _over(first: float, second: float) -> float:
    return max(first, 1e-3) / max(second, 1e-3)


def _below(symptom: Symptom, measure: str, m: Measures, threshold: float) -> SymptomFinding:
    return SymptomFinding(symptom, measure, m[measure], threshold, "above", CURES[symptom])


def _above(
    symptom: Symptom, measure: str, m: Measures, threshold: float, cure: Cure | None = None
) -> SymptomFinding:
    return SymptomFinding(symptom, measure, m[measure], threshold, "below", cure or CURES[symptom])

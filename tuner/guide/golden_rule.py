"""The guide's golden rule: the weighted AB loss should be 2 to 4 times the perceptual one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from tuner.results import TrialResult
from tuner.wording import rounded

RATIO = "ab_to_perceptual"
"""Name of a measure: weighted ab_chrominance divided by weighted perceptual, both averaged over the
last steps of a training."""

LOW, HIGH = 2.0, 4.0
"""The guide's range of the ab share divided by the perceptual share."""


def ratio_of(averages: Mapping[str, float]) -> float | None:
    """The ratio in one training; None without either loss.

    Args:
        averages: Shares of the weighted losses in the total, averaged over steps, such as
            `share/ab_chrominance`.
    """
    ab, perceptual = (
        averages.get("share/ab_chrominance", 0.0),
        averages.get("share/perceptual", 0.0),
    )
    return ab / perceptual if ab > 0 and perceptual > 0 else None


def mean_ratio(results: Iterable[TrialResult], weights: Mapping[str, float]) -> float | None:
    """The mean of the ratio over all trainings with some weights; None where none has it."""
    ratios = [
        result.measures[RATIO]
        for result in results
        if result.trial.is_of(weights) and RATIO in result.measures
    ]
    return fmean(ratios) if ratios else None


def broken_rule(results: Iterable[TrialResult], weights: Mapping[str, float]) -> str:
    """A sentence that says how weights break the rule; empty where they keep it.

    Args:
        results: Results of trials; those with these weights are used.
    """
    ratio = mean_ratio(results, weights)
    if ratio is None or LOW <= ratio <= HIGH:
        return ""
    return (
        "Outside the golden rule: with these weights the weighted AB loss is "
        f"{rounded(ratio)} times the perceptual one (the guide: {LOW:g} to {HIGH:g} times)."
    )

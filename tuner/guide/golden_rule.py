"""The guide's golden rule: the weighted AB loss should be 2 to 4 times the perceptual one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from tuner.results import TrialResult
from tuner.wording import rounded

RATIO = "ab_to_perceptual"
"""Name of a measure: weighted ab_chrominance divided by weighted perceptual, late in training."""

LOW, HIGH = 2.0, 4.0
"""The guide's range of the ab share divided by the perceptual share."""


def broken_rule(results: Iterable[TrialResult], weights: Mapping[str, float]) -> str:
    """A sentence that says how weights break the rule; empty where they keep it.

    Args:
        results: Results of trials; those with these weights are used.
    """
    ratios = [
        result.measures[RATIO]
        for result in results
        if result.trial.is_of(weights) and RATIO in result.measures
    ]
    if not ratios or LOW <= fmean(ratios) <= HIGH:
        return ""
    return (
        "Outside the golden rule: with these weights the weighted AB loss is "
        f"{rounded(fmean(ratios))} times the perceptual one (the guide: {LOW:g} to {HIGH:g} times)."
    )

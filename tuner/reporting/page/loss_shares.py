"""The components of the loss and their shares, with the start weights and with the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from tuner.guide.golden_rule import mean_ratio
from tuner.journal.history import StudyHistory
from tuner.reporting.page.recommendation import recommended_weights

START = "start weights"


@dataclass(frozen=True)
class LossShares:
    """The loss at the end of trainings with one set of weights.

    Attributes:
        name: Name of the weights.
        values: Unweighted components, by name.
        shares: Shares of the weighted components in the total, by name.
        trainings: Number of averaged trainings.
        golden_ratio: The weighted AB loss over the weighted perceptual one, as `mean_ratio` defines
            it; None where no training has both.
    """

    name: str
    values: Mapping[str, float]
    shares: Mapping[str, float]
    trainings: int
    golden_ratio: float | None = None


def mixes(history: StudyHistory) -> tuple[LossShares, ...]:
    """The loss with the start weights, then with the best where they differ."""
    best = recommended_weights(history)
    named = [(START, history.start_weights)]
    if dict(best.weights) != dict(history.start_weights):
        named.append((best.name, best.weights))
    found = (_mix(history, name, weights) for name, weights in named)
    return tuple(mix for mix in found if mix is not None)


def _mix(history: StudyHistory, name: str, weights: Mapping[str, float]) -> LossShares | None:
    curves = [
        history.curves[result.trial.number]
        for result in history.asked_results
        if result.trial.is_of(weights)
        and result.score is not None
        and result.trial.number in history.curves
    ]
    values, shares = _averages(curves, "loss/"), _averages(curves, "share/")
    values.pop("total", None)
    ratio = mean_ratio(history.asked_results, weights)
    return LossShares(name, values, shares, len(curves), ratio) if shares else None


def _averages(curves: list[Mapping[str, tuple[int, float]]], prefix: str) -> dict[str, float]:
    """Mean over trainings of the latest value of each curve of a section."""
    names = [name for name in (curves[0] if curves else {}) if name.startswith(prefix)]
    return {
        name.removeprefix(prefix): fmean(one[name][1] for one in curves if name in one)
        for name in names
    }

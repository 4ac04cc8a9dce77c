"""Fits the surface through the results of a study; through many, by features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from tuner.results import Noise, Trial, TrialResult
from tuner.search.feature_surface import FeatureSurface
from tuner.search.features import Features
from tuner.search.noise_field import NoiseField
from tuner.search.pruner import forecasts
from tuner.search.scale import Scale
from tuner.search.surface import Surface

MANY, FEATURES_PER_TRIAL = 600, 0.4
"""From this number of trials on features are used, if they are not too many beside the trials."""


def fit_surface(
    results: Iterable[TrialResult], scale: Scale, noise: Noise | None
) -> Surface | None:
    """The surface through all results that count; None where there is nothing to fit.

    A trial that ended early counts with its forecast score.

    There is also no surface before the noise is measured on paired seeds: the spread that is
    used before may be so large that it hides what the first stage shows.
    """
    results = tuple(results)
    rows = tuple(
        (tuple(scale.point(trial.weights)), trial.seed, score) for trial, score in _scored(results)
    )
    if noise is None or not noise.paired or len(rows) < 2:  # noqa: PLR2004 - a difference
        return None
    field = NoiseField.through(results, scale, noise)
    sds = field.sd(np.array([point for point, *_ in rows]))
    return _fitted(rows, tuple(sds.tolist()))


def _scored(results: Sequence[TrialResult]) -> Iterator[tuple[Trial, float]]:
    for result in results:
        if result.score is not None and result.status == "complete" and not result.trial.rival:
            yield result.trial, result.score
    yield from forecasts(results)


@lru_cache(maxsize=64)
def _fitted(
    rows: tuple[tuple[tuple[float, ...], int, float], ...], sds: tuple[float, ...]
) -> Surface:
    """Cached, because every replay fits the same surfaces again."""
    points, seeds, scores = zip(*rows, strict=True)
    places = np.array(points)
    # Scores that simulate training may have no noise at all.
    least = max(1e-3 * float(np.ptp(scores)), 1e-9)
    few = Features.around(places).count < FEATURES_PER_TRIAL * len(rows)
    kind = FeatureSurface if few and len(rows) >= MANY else Surface
    return kind(places, seeds, np.array(scores), np.maximum(sds, least))

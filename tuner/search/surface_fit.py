"""Fits the surface through the results of a study; through many, by features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from tuner.results import Noise, Trial, TrialResult
from tuner.search.feature_surface import FeatureSurface
from tuner.search.features import Features
from tuner.search.kernel import Array
from tuner.search.noise_field import NoiseField
from tuner.search.pruner import forecasts
from tuner.search.scale import Scale
from tuner.search.surface import Surface
from tuner.spec.study import LearnedSpec

MANY, FEATURES_PER_TRIAL = 600, 0.4
"""From this number of trials on features are used, if they are not too many beside the trials."""


DISCOUNT = 2.0
"""Factor on the noise of another study's trainings, whose surface is never quite the same: they
count a quarter (a power prior; Ibrahim and Chen, *Power Prior Distributions for Regression Models*,
2000)."""

Row = tuple[tuple[float, ...], int, float]


def fit_surface(
    results: Iterable[TrialResult],
    scale: Scale,
    noise: Noise | None,
    learned: LearnedSpec | None = None,
) -> Surface | None:
    """The surface through all results that count; None where there is nothing to fit.

    A trial that ended early counts with its forecast score.

    There is also no surface before the noise is measured on paired seeds: the spread that is
    used before may be so large that it hides what the first stage shows.

    Args:
        learned: Trainings of another study. Each of their seeds has a level of its own, so that
            their scores may lie anywhere.
    """
    results = tuple(results)
    rows = tuple(
        (tuple(scale.point(trial.weights)), trial.seed, score) for trial, score in scored(results)
    )
    if noise is None or not noise.paired or len(rows) < 2:  # noqa: PLR2004 - a difference
        return None
    field = NoiseField.through(results, scale, noise)
    sds = field.sd(np.array([point for point, *_ in rows]))
    own = tuple(sds.tolist())
    if learned is not None:
        prior = _prior_rows(learned, scale, [score for *_, score in rows])
        both = (*rows, *prior), (*own, *([DISCOUNT * learned.noise] * len(prior)))
        if prior and _alike(*both, len(rows)):
            return _fitted(*both)
    return _fitted(rows, own)


def _prior_rows(learned: LearnedSpec, scale: Scale, scores: Sequence[float]) -> tuple[Row, ...]:
    """Rows of another study, with seeds that no trial has, around the scores of this one."""
    known = [one for one in learned.results if all(name in one.weights for name in scale.names)]
    moved = float(np.mean(scores)) - float(np.mean([one.score for one in known] or [0.0]))
    return tuple(
        (tuple(scale.point(one.weights)), -1 - one.seed, one.score + moved) for one in known
    )


def scored(results: Sequence[TrialResult]) -> Iterator[tuple[Trial, float]]:
    """The trials that count, with their scores; of those that ended early a forecast."""
    for result in results:
        if result.score is not None and result.status == "complete" and not result.trial.rival:
            yield result.trial, result.score
    yield from forecasts(results)


@lru_cache(maxsize=64)
def _alike(rows: tuple[Row, ...], sds: tuple[float, ...], own: int) -> bool:
    """Whether one surface explains the scores of two studies as well as a surface for each.

    For two surfaces the weights of the second study get axes of their own: a place that is 0 on an
    axis has no part of it. Their likelihood pays for the parameters that it has more (Akaike, *A
    New Look at the Statistical Model Identification*, 1974).
    """
    points, seeds, scores = zip(*rows, strict=True)
    places, second = np.array(points), np.arange(len(rows)) >= own
    apart = np.hstack([places * ~second[:, None], places * second[:, None]])
    known = np.array(scores), _noises(scores, sds)
    one, two = (Surface(at, seeds, *known) for at in (places, apart))
    return bool(two.likelihood - one.likelihood <= places.shape[1])


def _noises(scores: Sequence[float], sds: Sequence[float]) -> Array:
    """The noise of each training; scores that simulate training may have none at all."""
    return np.maximum(sds, max(1e-3 * float(np.ptp(scores)), 1e-9))


@lru_cache(maxsize=64)
def _fitted(rows: tuple[Row, ...], sds: tuple[float, ...]) -> Surface:
    """Cached, because every replay fits the same surfaces again."""
    points, seeds, scores = zip(*rows, strict=True)
    places = np.array(points)
    few = Features.around(places).count < FEATURES_PER_TRIAL * len(rows)
    kind = FeatureSurface if few and len(rows) >= MANY else Surface
    return kind(places, seeds, np.array(scores), _noises(scores, sds))

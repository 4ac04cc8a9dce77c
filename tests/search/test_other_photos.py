from math import hypot, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from tuner.results import Comparison, Trial, TrialResult
from tuner.search.other_photos import crossed_margin
from tuner.search.other_photos import with_other_photos as carried

SEEDS = (10, 11, 12)
GAINS = np.array([[0.1, 0.3, -0.1, 0.1], [0.2, 0.2, 0.0, 0.2], [0.1, 0.2, 0.2, 0.0]])


def claim(**changes):
    known = {
        "before": 1.0, "after": 0.9, "gain": 0.1, "low": 0.05, "high": 0.15, "confidence": 0.95,
        "seeds": SEEDS, "verdict": "better",
    }  # fmt: skip
    return Comparison(**(known | changes))


def with_other_photos(found, before, after, above=0.95):
    return carried(found, before, after, above)


def results(gains, **changes):
    """Of weights that are better than 1.0 by these gains, by seed and photo."""
    return [
        TrialResult(
            trial=Trial(weights={"a": 1.0}, seed=seed, steps=1, role="confirmation"),
            status="complete",
            score=1.0 - float(np.mean(row)),
            photo_scores=tuple(1.0 - row),
            **changes,
        )
        for seed, row in zip(SEEDS, gains, strict=True)
    ]


def pairs(gains, **changes):
    return results(np.zeros_like(gains), **changes), results(gains, **changes)


def test_the_margins_of_seeds_and_of_photos_add_in_squares():
    of_photos = GAINS.mean(axis=0)  # 0.133, 0.233, 0.033, 0.1
    photos = t.ppf(0.975, 3) * of_photos.std(ddof=1) / 2
    assert crossed_margin(GAINS, 0.05, 0.95) == pytest.approx(hypot(0.05, photos))


def test_a_claim_says_how_far_it_carries_beyond_its_photos():
    found = with_other_photos(claim(), *pairs(GAINS)).other_photos
    assert (found.photos, found.worse_on, found.vault) == (4, 0, False)
    assert found.gain == pytest.approx(GAINS.mean())
    assert found.before - found.after == pytest.approx(found.gain)
    of_seeds = t.ppf(0.975, 2) * GAINS.mean(axis=1).std(ddof=1) / sqrt(3)
    seeds = max(0.05, of_seeds)
    assert found.high - found.gain == pytest.approx(crossed_margin(GAINS, seeds, 0.95))


def test_each_end_is_as_far_as_that_of_the_seeds_and_its_own_confidence():
    found = with_other_photos(claim(low=-0.1, high=0.4), *pairs(GAINS), above=0.99).other_photos
    assert found.gain - found.low == pytest.approx(crossed_margin(GAINS, 0.2, 0.95))
    assert found.high - found.gain == pytest.approx(crossed_margin(GAINS, 0.3, 0.99))


def test_photos_on_which_the_weights_are_worse_are_counted():
    gains = GAINS - np.array([0.5, 0.0, 0.5, 0.0])
    assert with_other_photos(claim(), *pairs(gains)).other_photos.worse_on == 2


def test_without_scores_of_photos_or_an_interval_nothing_is_said():
    bare = [one.model_copy(update={"photo_scores": ()}) for one in results(GAINS)]
    assert with_other_photos(claim(), bare, bare).other_photos is None
    partly = [bare[0], *results(GAINS)[1:]]
    assert with_other_photos(claim(), results(GAINS), partly).other_photos is None
    assert with_other_photos(claim(low=None), *pairs(GAINS)).other_photos is None
    assert with_other_photos(claim(), *pairs(GAINS[:, :2])).other_photos is None


def test_photos_that_were_scored_all_along_leave_the_verdict_as_it_is():
    found = with_other_photos(claim(), *pairs(GAINS - GAINS.mean()))
    assert found.other_photos.low < 0
    assert found.verdict == "better"


@pytest.mark.parametrize(
    ("gain", "verdict"), [(0.3, "better"), (0.0, "no difference"), (-0.3, "worse")]
)
def test_a_vault_decides_the_verdict(gain, verdict):
    before, after = pairs(GAINS)
    of_vault = GAINS - GAINS.mean() + gain
    with_vault = [
        one.model_copy(update={"vault_scores": tuple(1.0 - row)})
        for one, row in zip(after, of_vault, strict=True)
    ]
    untouched = [one.model_copy(update={"vault_scores": (1.0,) * 4}) for one in before]
    found = with_other_photos(claim(), untouched, with_vault)
    assert (found.verdict, found.other_photos.vault) == (verdict, True)
    assert found.other_photos.gain == pytest.approx(gain, abs=1e-9)
    assert (found.before, found.after, found.gain) == (1.0, 0.9, 0.1)


@settings(deadline=None, max_examples=50)
@given(
    seeds=st.integers(2, 5),
    photos=st.integers(3, 30),
    margin=st.floats(0, 1),
    number=st.integers(0, 1000),
)
def test_the_interval_is_never_narrower_than_that_of_seeds_and_ignores_the_order(
    seeds, photos, margin, number
):
    random = np.random.default_rng(number)
    gains = random.normal(size=(seeds, photos))
    found = crossed_margin(gains, margin, 0.95)
    assert found >= margin
    shuffled = random.permutation(random.permutation(gains, axis=0), axis=1)
    assert crossed_margin(shuffled, margin, 0.95) == pytest.approx(found)
    assert crossed_margin(3 * gains, 3 * margin, 0.95) == pytest.approx(3 * found)


@pytest.mark.parametrize("photos", [8, 100])
def test_it_covers_what_it_says(photos):
    random = np.random.default_rng(7)
    held = []
    for _ in range(1000):
        gains = (
            0.05 * random.normal(size=(3, 1))
            + 0.14 * random.normal(size=(1, photos))
            + 0.1 * random.normal(size=(3, photos))
        )
        by_seed = gains.mean(axis=1)
        margin = t.ppf(0.975, 2) * by_seed.std(ddof=1) / sqrt(3)
        held.append(abs(gains.mean()) <= crossed_margin(gains, margin, 0.95))
    assert np.mean(held) >= 0.93

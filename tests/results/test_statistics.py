import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.stats import spearmanr, ttest_rel

from tuner.results import Noise, Trial, TrialResult
from tuner.results.statistics import (
    compare,
    measure_noise,
    no_change,
    rank_correlation,
    scores_by_weights,
    weights_key,
)

BEFORE = {1: 1.0, 2: 1.2, 3: 1.4}
AFTER = {1: 0.8, 2: 1.1, 3: 1.1}

scores = st.floats(-2, 2).map(lambda score: round(score, 3))
pairs = st.lists(st.tuples(scores, scores), min_size=2, max_size=6)
noises = st.builds(Noise, sd=st.floats(1e-3, 1), degrees=st.integers(1, 20), spread=st.floats(0, 1))


def result(weight, seed, score):
    trial = Trial(weights={"ab": weight}, seed=seed, steps=1, role="repeat")
    status = "diverged" if score is None else "complete"
    return TrialResult(trial=trial, status=status, score=score)


def results_of(*rows):
    """Row k holds the scores of weight k on seeds 0, 1, ...; None diverged, or was not trained."""
    return [result(k, seed, y) for k, row in enumerate(rows) for seed, y in enumerate(row)]


def noise_of(*rows):
    return measure_noise({"ab": 0}, results_of(*rows))


def both(pairs):
    """Two sets of scores by seed, and the noise that they show."""
    before, after = zip(*pairs, strict=True)
    return dict(enumerate(before)), dict(enumerate(after)), noise_of(before, after)


def test_a_comparison_by_hand():
    found = compare(BEFORE, AFTER, Noise(sd=0.1, degrees=2, spread=0.2), 0.95)
    assert (found.before, found.after, found.gain) == pytest.approx((1.2, 1.0, 0.2))
    margin = 4.302653 * 0.1 * (2 / 3) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.2 - margin, 0.2 + margin), rel=1e-6)
    assert (found.seeds, found.verdict) == ((1, 2, 3), "no difference")


@pytest.mark.parametrize(("sd", "verdict"), [(0.01, "better"), (0.12, "no difference")])
def test_a_gain_counts_where_the_interval_is_above_zero(sd, verdict):
    noise = Noise(sd=sd, degrees=10, spread=0.0)
    assert compare(BEFORE, AFTER, noise, 0.95).verdict == verdict


def test_a_loss_outside_the_noise_is_worse():
    assert compare(AFTER, BEFORE, Noise(sd=0.01, degrees=10, spread=0), 0.95).verdict == "worse"


def test_only_shared_seeds_are_compared():
    found = compare({1: 1.0, 2: 5.0}, {1: 0.5, 9: -5.0}, None, 0.95)
    assert (found.before, found.after, found.seeds) == (1.0, 0.5, (1,))


def test_without_known_noise_there_is_no_interval_and_no_difference():
    found = compare(BEFORE, AFTER, None, 0.95)
    assert (found.low, found.high, found.verdict) == (None, None, "no difference")


def test_where_nothing_scatters_equal_scores_are_no_difference():
    assert compare({1: 1.0}, {1: 1.0}, Noise(sd=0, degrees=2, spread=0), 0.95).gain == 0
    assert compare({1: 1.0}, {1: 1.0}, Noise(sd=0, degrees=2, spread=0), 0.95).verdict == (
        "no difference"
    )


@given(pairs, st.sampled_from([0.8, 0.95]))
def test_two_sets_alone_give_the_interval_of_a_paired_t_test(pairs, confidence):
    before, after, noise = both(pairs)
    differences = {round(b - a, 6) for b, a in pairs}
    found = compare(before, after, noise, confidence)
    if len(differences) > 1:
        reference = ttest_rel(*zip(*pairs, strict=True)).confidence_interval(confidence)
        assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


@given(st.integers(2, 4).flatmap(lambda n: st.lists(st.tuples(*[scores] * n), min_size=2)))
def test_the_noise_of_a_complete_layout_is_the_residual_of_an_analysis_of_variance(rows):
    table = np.array(rows)
    effects = table.mean(axis=1, keepdims=True) + table.mean(axis=0) - table.mean()
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    noise = noise_of(*rows)
    assert noise.degrees == degrees
    assert noise.sd**2 == pytest.approx(((table - effects) ** 2).sum() / degrees, abs=1e-12)


HOLES = (
    (1.0, 1.3, 0.9, None),
    (0.7, 1.2, None, None),
    (None, 0.4, 0.1, 0.6),
    (None, None, 0.3, 0.2),
    (9.0, None, None, None),
)


def test_the_noise_of_a_layout_with_holes_is_what_no_model_explains():
    cells = [(k, seed, y) for k, row in enumerate(HOLES[:4]) for seed, y in enumerate(row) if y]
    design = np.array(
        [[k == i for i in range(4)] + [s == i for i in range(4)] for k, s, _ in cells]
    )
    unexplained = null_space(design.T.astype(float))
    squares = ((unexplained.T @ np.array([y for *_, y in cells])) ** 2).sum()
    noise = noise_of(*HOLES)
    assert noise.degrees == unexplained.shape[1]
    assert noise.sd == pytest.approx((squares / noise.degrees) ** 0.5)


def test_what_was_trained_once_says_nothing_about_the_noise():
    once = (None, 5.0, None)
    assert noise_of((1.0, 1.2, 1.1), (0.7, 0.8, 0.9), once) == noise_of(
        (1.0, 1.2, 1.1), (0.7, 0.8, 0.9)
    )


def test_before_anything_else_is_repeated_the_spread_of_the_baseline_stands_in():
    noise = noise_of((1.0, 1.2, 1.4), (0.5,))
    assert (noise.sd, noise.degrees, noise.spread) == pytest.approx((0.2, 2, 0.2))


def test_repeats_on_seeds_that_nothing_shares_leave_the_spread_in_place():
    noise = noise_of((1.0, 1.2, None, None), (None, None, 3.0, 4.0))
    assert (noise.degrees, noise.sd) == (1, pytest.approx(0.02**0.5))


@pytest.mark.parametrize("rows", [(), ((1.0,),), ((None, None),), ((1.0, None), (0.5, None))])
def test_without_a_repeat_the_noise_is_not_known(rows):
    assert noise_of(*rows) is None


def test_a_baseline_that_was_trained_once_has_no_spread():
    assert noise_of((1.0, None), (0.5, 0.7), (0.9, 1.0)).spread == 0.0


@given(pairs)
def test_exchanging_the_labels_mirrors_the_interval(pairs):
    before, after, noise = both(pairs)
    there, back = compare(before, after, noise, 0.9), compare(after, before, noise, 0.9)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    mirrored = {"better": "worse", "worse": "better"}
    assert back.verdict == mirrored.get(there.verdict, there.verdict)


@given(pairs, st.floats(-100, 100), st.lists(st.floats(-100, 100), min_size=6, max_size=6))
def test_what_all_scores_or_all_scores_of_a_seed_share_changes_nothing(pairs, shift, of_seed):
    moved = [(b + shift + s, a + shift + s) for (b, a), s in zip(pairs, of_seed, strict=False)]
    plain, shifted = (compare(*both(which), 0.9) for which in (pairs, moved))
    assert (shifted.gain, shifted.low, shifted.high) == pytest.approx(
        (plain.gain, plain.low, plain.high), abs=1e-9
    )


@given(pairs, noises, st.floats(1, 10))
def test_more_noise_never_narrows_the_interval(pairs, noise, factor):
    before, after, _ = both(pairs)
    noisier = noise.model_copy(update={"sd": noise.sd * factor})
    narrow, wide = (compare(before, after, which, 0.95) for which in (noise, noisier))
    assert wide.low <= narrow.low <= narrow.gain <= narrow.high <= wide.high


@given(pairs, noises)
def test_more_confidence_and_fewer_degrees_never_narrow_the_interval(pairs, noise):
    before, after, _ = both(pairs)
    fewer = noise.model_copy(update={"degrees": max(1, noise.degrees - 1)})
    narrow = compare(before, after, noise, 0.8)
    assert compare(before, after, noise, 0.95).low <= narrow.low
    assert compare(before, after, fewer, 0.8).low <= narrow.low


@given(pairs, st.floats(0.01, 100))
def test_scores_in_another_unit_give_the_interval_in_that_unit(pairs, unit):
    scaled = [(b * unit, a * unit) for b, a in pairs]
    plain, other = compare(*both(pairs), 0.9), compare(*both(scaled), 0.9)
    assert (other.gain, other.low, other.high) == pytest.approx(
        (plain.gain * unit, plain.low * unit, plain.high * unit), abs=1e-9
    )


def test_weights_against_themselves_are_certainly_no_gain():
    found = no_change({1: 1.0, 2: 3.0}, 0.95)
    assert (found.before, found.after, found.gain, found.low, found.high) == (2, 2, 0, 0, 0)
    assert (found.seeds, found.verdict) == ((), "no difference")


def test_weights_are_looked_up_in_any_order():
    assert weights_key({"b": 2.0, "a": 1.0}) == weights_key({"a": 1.0, "b": 2.0})


def test_what_has_no_score_is_not_in_the_table():
    table = scores_by_weights([result(0, 1, 0.5), result(0, 2, None), result(1, 1, None)])
    assert table == {(("ab", 0.0),): {1: 0.5}}


def test_strict_takes_the_wider_of_two_intervals():
    before, after = dict.fromkeys(range(5), 1.0), dict(enumerate([0.5, 0.9, 0.7, 0.95, 0.45]))
    quiet, loud = (Noise(sd=sd, degrees=10, spread=sd) for sd in (0.001, 10.0))
    own = ttest_rel(list(before.values()), list(after.values()))
    strict = compare(before, after, quiet, 0.95, strict=True)
    assert (strict.low, strict.high) == pytest.approx(own.confidence_interval(0.95))
    assert compare(before, after, loud, 0.95, strict=True) == compare(before, after, loud, 0.95)


def test_strict_asks_nothing_of_two_pairs_of_their_own():
    noise = Noise(sd=0.1, degrees=10, spread=0.1)
    before, after = {1: 1.0, 2: 1.0}, {1: 0.2, 2: 0.9}
    assert compare(before, after, noise, 0.95, strict=True) == compare(before, after, noise, 0.95)


def test_rank_correlation_of_a_known_table():
    """Spearman by hand: 1 - 6 sum d^2 / (n (n^2 - 1)) with d = 1, 1, 0, 1, 1."""
    found = rank_correlation([1, 2, 3, 4, 5], [2, 1, 3, 6, 4.5], 0.95)
    assert found.value == pytest.approx(1 - 6 * (1 + 1 + 0 + 1 + 1) / (5 * 24))
    assert found.low < found.value < found.high


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=40).filter(
        lambda pairs: all(len({*side}) > 1 for side in zip(*pairs, strict=True))
    )
)
def test_rank_correlation_is_scipys_with_ties(pairs):
    first, second = zip(*pairs, strict=True)
    found = rank_correlation(first, second, 0.95)
    assert found.value == pytest.approx(spearmanr(first, second).statistic, abs=1e-8)
    assert -1 <= found.low <= found.value <= found.high <= 1
    again = rank_correlation([2.0**one for one in first], second, 0.95)
    assert again.value == pytest.approx(found.value)


def test_rank_correlation_of_equal_values_is_none():
    assert rank_correlation([1, 1, 1, 1], [1, 2, 3, 4], 0.95) is None

from sample_study import BEST, START, ended, trial

from tuner.tracking.start_gains import StartGains


def gains(*results):
    known = StartGains(START)
    return [(number, round(gain, 3)) for one in results for number, gain in known.add(one.result)]


def test_a_gain_is_over_the_start_weights_on_the_same_seed():
    other = ended(trial(2, BEST, seed=7), 1.3)
    first, second = ended(trial(0, seed=0), 1.4), ended(trial(1, BEST, seed=0), 1.1)
    assert gains(first, second, other) == [(0, 0.0), (1, 0.3)]


def test_a_start_that_ends_later_tells_the_gains_of_those_before():
    before = [ended(trial(n, BEST, seed=0), score) for n, score in ((1, 1.1), (2, 1.5))]
    assert gains(*before, ended(trial(0, seed=0), 1.4)) == [(1, 0.3), (2, -0.1), (0, 0.0)]


def test_what_left_early_or_has_no_score_has_no_gain():
    early = ended(trial(1, BEST), 1.0, "pruned")
    assert gains(ended(trial(0), 1.4), early, ended(trial(2, BEST), None, "diverged")) == [(0, 0.0)]

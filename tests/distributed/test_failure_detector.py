from hypothesis import given
from hypothesis import strategies as st

from tuner.distributed.failure_detector import FailureDetector


class Watch:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def detector_of(*looks, grace=10.0):
    """A detector that has looked at these seconds and seen these heartbeats."""
    watch = Watch()
    failure_detector = FailureDetector(grace, watch)
    for watch.now, beats in looks:
        failure_detector.look(beats)
    return failure_detector


def test_a_beating_worker_is_not_dead():
    assert detector_of(*((float(s), {"a": s}) for s in range(60))).dead() == set()


def test_a_count_that_stands_still_longer_than_the_grace_is_dead():
    looks = [(float(s), {"a": 7, "b": s}) for s in range(12)]
    assert detector_of(*looks[:11]).dead() == set()
    assert detector_of(*looks).dead() == {"a"}


def test_a_worker_that_beats_again_lives_again():
    looks = [(float(s), {"a": 7}) for s in range(12)]
    assert detector_of(*looks, (12.0, {"a": 8})).dead() == set()


def test_a_new_worker_is_not_dead_for_one_that_has_not_looked():
    assert detector_of((0.0, {"a": 1})).dead() == set()
    assert FailureDetector(10.0).dead() == set()


def test_no_worker_is_dead_because_the_database_was_away():
    looks = [(float(s), {"a": 7}) for s in range(4)]
    away = (100.0, {"a": 7})
    assert detector_of(*looks, away).dead() == set()
    after = [(100.0 + s, {"a": 7}) for s in range(1, 12)]
    assert detector_of(*looks, away, *after).dead() == {"a"}


@given(st.lists(st.tuples(st.floats(0.1, 8.0), st.integers(0, 3)), max_size=40))
def test_dead_means_seen_standing_still_without_a_gap(steps):
    """An independent count: seconds in a row that the same heartbeat was seen, gaps aside."""
    watch, now, still, last = Watch(), 0.0, 0.0, None
    failure_detector = FailureDetector(10.0, watch)
    for pause, beat in steps:
        now += pause
        still = still + pause if last == beat and pause <= 5.0 else 0.0
        last = beat
        watch.now = now
        failure_detector.look({"a": beat})
        assert (failure_detector.dead() == {"a"}) == (still > 10.0 + 1e-9) or abs(
            still - 10.0
        ) < 1e-6

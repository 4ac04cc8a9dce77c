import signal
from threading import Thread

import pytest

from tuner.tracking import unavailable
from tuner.tracking.unavailable import TrackingUnavailable, tracking_unavailable


def test_an_answer_that_never_ends_counts_as_none(monkeypatch):
    monkeypatch.setattr(unavailable, "LONGEST_ANSWER", 0.01)
    with (
        pytest.raises(TrackingUnavailable, match=r"does not take .* no answer within 0\.01 s"),
        tracking_unavailable("http://127.0.0.1:9"),
    ):
        signal.pause()


def test_the_timer_of_another_part_goes_on():
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with tracking_unavailable("http://127.0.0.1:9"):
            assert signal.getitimer(signal.ITIMER_REAL)[0] < 400
        assert 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_thread_has_no_such_limit():
    ended = []

    def call():
        with tracking_unavailable("http://127.0.0.1:9"):
            ended.append(signal.getitimer(signal.ITIMER_REAL)[0])

    thread = Thread(target=call)
    thread.start()
    thread.join()
    assert ended == [0.0]


def test_an_answer_of_another_form_is_no_bug():
    from google.protobuf.json_format import ParseError

    with (
        pytest.raises(TrackingUnavailable, match="does not take the record: expected string"),
        tracking_unavailable("http://127.0.0.1:9"),
    ):
        raise ParseError("expected string, got 'list'")

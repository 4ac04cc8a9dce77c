import io

from small_study import after, baseline, fresh, point, started

from tuner.display.plain import PlainView, clock_time
from tuner.display.sentences import StatusLine
from tuner.results.progress import Activity


def view(stream=None):
    stream = stream or io.StringIO()
    return stream, PlainView(stream, began=0.0)


def training():
    return after(fresh(), started(baseline()), point(0, 100))


def test_a_line_carries_the_elapsed_time():
    stream, plain = view()
    plain.show(fresh(), [StatusLine("one"), StatusLine("two")], 83.9)
    assert stream.getvalue() == "[0:01:23] one\n[0:01:23] two\n"


def test_a_sentence_is_one_line_whatever_it_contains():
    stream, plain = view()
    plain.show(fresh(), [StatusLine("one\ntwo\r three")], 0.0)
    assert stream.getvalue() == "[0:00:00] one two three\n"


def test_a_long_training_gives_a_sign_of_life_every_ten_seconds():
    stream, plain = view()
    for now in range(0, 35, 2):
        plain.show(training(), [], float(now))
    assert [line[:9] for line in stream.getvalue().splitlines()] == [
        "[0:00:10]", "[0:00:20]", "[0:00:30]",
    ]  # fmt: skip


def test_each_activity_is_told_when_it_begins_and_every_ten_seconds():
    stream, plain = view()
    for now in range(25):
        here = fresh(heard=float(now)).told(Activity("reading photos", now, 30, "photos"), now)
        plain.show(here, [], float(now))
    assert stream.getvalue().splitlines() == [
        "[0:00:00] reading photos: 0 of 30 photos",
        "[0:00:10] reading photos: 10 of 30 photos",
        "[0:00:20] reading photos: 20 of 30 photos",
    ]


def test_an_activity_that_comes_back_waits_for_its_turn():
    stream, plain = view()
    scoring = fresh().told(Activity("scoring", 0, 2, "trials"), 0.0)
    for now in (0.0, 1.0, 2.0):
        plain.show(scoring, [], now)
        plain.show(fresh(), [], now)
    assert stream.getvalue() == "[0:00:00] scoring: 0 of 2 trials\n"


def test_in_a_long_night_the_signs_become_rarer():
    stream, plain = view()
    for now in range(0, 8 * 3600, 5):
        plain.show(training(), [], float(now))
    assert 200 < len(stream.getvalue().splitlines()) < 400


def test_nothing_underway_needs_no_sign_of_life():
    stream, plain = view()
    plain.show(fresh(), [], 1000.0)
    assert stream.getvalue() == ""


def test_letters_that_the_stream_cannot_write_are_replaced():
    raw = io.BytesIO()
    _, plain = view(io.TextIOWrapper(raw, encoding="ascii"))
    plain.show(fresh(), [StatusLine("Réduire")], 0.0)
    assert raw.getvalue() == b"[0:00:00] R?duire\n"


def test_each_line_is_flushed():
    raw = io.BytesIO()
    _, plain = view(io.TextIOWrapper(raw, encoding="utf-8", write_through=False))
    plain.note("hello", 0.0)
    assert raw.getvalue()


def test_the_closing_story_has_no_times_so_that_it_can_be_copied():
    stream, plain = view()
    plain.end([StatusLine("Initial: a=1.0"), StatusLine(""), StatusLine("Best weights: a=2.0")])
    assert stream.getvalue() == "\nInitial: a=1.0\n\nBest weights: a=2.0\n"


def test_elapsed_time_is_never_negative():
    assert clock_time(-1) == "0:00:00"
    assert clock_time(36_061) == "10:01:01"

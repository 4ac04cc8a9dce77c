import io

from small_study import after, baseline, fresh, point, started

from tuner.display.plain import PlainView, clock_time, kind_of
from tuner.display.sentences import StatusLine


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


def test_a_long_training_gives_a_sign_of_life_every_half_minute():
    stream, plain = view()
    for now in range(0, 100, 5):
        plain.show(training(), [], float(now))
    assert [line[:9] for line in stream.getvalue().splitlines()] == [
        "[0:00:30]", "[0:01:00]", "[0:01:30]",
    ]  # fmt: skip


def test_in_a_long_night_the_signs_become_rarer():
    stream, plain = view()
    for now in range(0, 8 * 3600, 10):
        plain.show(training(), [], float(now))
    assert 200 < len(stream.getvalue().splitlines()) < 400


def test_nothing_underway_needs_no_sign_of_life():
    stream, plain = view()
    plain.show(fresh(), [], 1000.0)
    assert stream.getvalue() == ""


def test_of_a_series_of_notes_the_first_a_few_and_the_last_are_written():
    stream, plain = view()
    for photo in range(61):
        plain.note(f"reading photos {photo}/60", float(photo))
    plain.show(fresh(), [StatusLine("ready")], 61.0)
    assert stream.getvalue().splitlines() == [
        "[0:00:00] reading photos 0/60",
        "[0:00:30] reading photos 30/60",
        "[0:01:00] reading photos 60/60",
        "[0:01:01] ready",
    ]


def test_the_last_note_of_a_series_is_not_lost():
    stream, plain = view()
    for photo in (1, 2, 3):
        plain.note(f"photo {photo}", 0.0)
    plain.note("networks", 1.0)
    plain.close()
    assert [line[10:] for line in stream.getvalue().splitlines()] == [
        "photo 1", "photo 3", "networks",
    ]  # fmt: skip


def test_a_last_note_is_written_when_the_view_closes():
    stream, plain = view()
    plain.open()
    plain.note("photo 1", 0.0)
    plain.note("photo 2", 1.0)
    plain.close()
    assert stream.getvalue().endswith("photo 2\n")


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


def test_notes_are_of_one_kind_when_they_differ_in_numbers():
    assert kind_of("reading 3 of 10") == kind_of("reading 10 of 10") != kind_of("reading")

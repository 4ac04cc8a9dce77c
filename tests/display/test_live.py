import io
import sys

import pytest
from rich.console import Console
from small_study import Clock, Terminal, after, baseline, fresh, point, started

from tuner.display.live import LiveView
from tuner.display.sentences import StatusLine

UP = "\x1b[1A"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Screen:
    """A live view with its clock and everything that was written."""

    def __init__(self, width=60, file=None):
        self.file = file or Terminal()
        self.clock = Clock()
        self.console = Console(file=self.file, width=width, height=24, force_terminal=True)
        self.view = LiveView(self.console, fresh(), self.clock)

    def tick(self):
        self.clock.now += 1.0
        self.view.show(self.view._frame.progress, [], self.clock())

    def written(self):
        text = self.file.getvalue()
        self.file.seek(0)
        self.file.truncate()
        return text


@pytest.fixture
def screen():
    screen = Screen()
    screen.view.open()
    yield screen
    screen.view.close()


def test_it_draws_at_once_and_hides_the_cursor(screen):
    text = screen.written()
    assert text.startswith(HIDE)
    assert "getting ready" in text


def test_closing_removes_the_live_area_and_brings_the_cursor_back():
    screen = Screen()
    screen.view.open()
    screen.written()
    screen.view.close()
    text = screen.written()
    assert text.endswith(f"{UP}\x1b[2K")
    assert SHOW in text


def test_events_draw_at_most_four_times_a_second(screen):
    screen.written()
    for _ in range(20):
        screen.clock.now += 1 / 16
        screen.view.show(fresh(), [], screen.clock())
    assert screen.written().count("getting ready") == 5


def test_lines_come_at_once_and_the_live_area_below_them(screen):
    screen.written()
    screen.view.show(fresh(), [StatusLine("Step 1", "good")], screen.clock())
    text = screen.written()
    assert text.index("Step 1") < text.index("getting ready")


def test_beginnings_are_left_to_the_bars(screen):
    screen.written()
    screen.view.show(fresh(), [StatusLine("00 baseline: training", "begun")], screen.clock())
    assert "training" not in screen.written()


def test_the_area_shows_the_latest_progress(screen):
    screen.clock.now = 5.0
    screen.view.show(after(fresh(), started(baseline()), point(0, 500)), [], 5.0)
    assert "500/1000" in screen.written()


def test_between_events_the_clock_goes_on(screen):
    screen.written()
    screen.clock.now = 60.0
    screen.tick()
    assert "0:01:01" in screen.written()


def test_a_note_stands_above_the_live_area(screen):
    screen.written()
    screen.view.note("'photos' is on another disk", 0.0)
    text = screen.written()
    assert text.index("on another disk") < text.index("getting ready")


def test_a_view_that_is_opened_again_draws_again(screen):
    screen.view.close()
    screen.written()
    screen.view.open()
    assert "getting ready" in screen.written()


def test_a_view_that_is_opened_again_leaves_the_closing_lines_alone(screen):
    screen.view.close()
    screen.view.end([StatusLine("Best weights: a=1")])
    screen.written()
    screen.view.open()
    assert UP not in screen.written()


def test_after_closing_nothing_moves_any_more():
    screen = Screen()
    screen.view.open()
    screen.view.close()
    screen.written()
    screen.tick()
    assert screen.written() == ""


def test_sentences_break_between_words_with_an_indent():
    screen = Screen(width=40)
    screen.view.end([StatusLine("Initial: perceptual_weight=1.0, saturation_weight=0.1, x=2.0")])
    assert screen.written() == (
        "\nInitial: perceptual_weight=1.0,\n   saturation_weight=0.1, x=2.0\n"
    )


def test_brackets_are_no_markup(screen):
    screen.view.show(fresh(), [StatusLine("photos of [bold]me[/bold] [/]")], 0.0)
    assert "[bold]me[/bold] [/]" in screen.written()


def test_a_narrowed_window_is_cleared_of_the_rows_that_broke(screen):
    screen.view.show(after(fresh(), started(baseline()), point(0, 5)), [], 0.5)
    screen.console.width = 30
    screen.written()
    screen.tick()
    # An empty line, the heading, three bars and a trial; five of them broke in two.
    assert screen.written().count(UP) == 5 + 5


def test_a_widened_window_needs_no_clearing(screen):
    screen.console.width = 100
    screen.written()
    screen.tick()
    assert screen.written().count(UP) == 1


def test_a_terminal_that_goes_away_does_not_end_the_run():
    class Leaving(Terminal):
        gone = False

        def write(self, text):
            if self.gone:
                raise OSError(5, "Input/output error")
            return super().write(text)

    screen = Screen(file=Leaving())
    screen.view.open()
    screen.file.gone = True
    screen.view.show(fresh(), [StatusLine("Step 1")], 1.0)
    screen.view.note("a note", 2.0)
    screen.view.close()
    assert screen.console.quiet


def test_what_others_print_lands_above_the_live_area(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    file, log = sys.stdout, sys.stderr
    screen = Screen(file=file)
    screen.view.open()
    screen.written()
    sys.stdout.write("a library has something to say\n")
    sys.stderr.write("an error\n")
    text = screen.written()
    screen.view.close()
    assert text.index("a library has") < text.index("getting ready")
    assert log.getvalue() == "an error\n"
    assert sys.stdout is file


def test_without_unicode_the_area_is_ascii():
    class Old(Terminal):
        encoding = "ascii"

    screen = Screen(file=Old())
    screen.view.show(after(fresh(), started(baseline()), point(0, 500)), [StatusLine("x")], 1.0)
    screen.view.open()
    text = screen.written()
    screen.view.close()
    assert "###" in text
    assert text.isascii()


def test_letters_that_the_terminal_cannot_write_are_replaced():
    class Old(Terminal):
        encoding = "ascii"

    screen = Screen(file=Old())
    screen.view.note("Réglage", 0.0)
    screen.view.show(fresh(), [StatusLine("Réduire")], 0.0)
    assert screen.written().split() == ["R?glage", "R?duire"]


def test_a_note_after_the_end_is_simply_printed():
    screen = Screen()
    screen.view.open()
    screen.view.close()
    screen.written()
    screen.view.note("all is in MLflow", 0.0)
    assert screen.written() == "all is in MLflow\n"

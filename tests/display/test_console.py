import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import (
    PLAN,
    Clock,
    Terminal,
    baseline,
    ended,
    judged,
    opened,
    point,
    started,
    whole_study,
)

from tuner.display.console import open_display
from tuner.display.live import LiveView
from tuner.display.plain import PlainView
from tuner.results.progress import Activity
from tuner.results.score_unit import ScoreUnit

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(events, stream=None, *, earlier=(), stages=(), width=None):
    stream, clock = stream or io.StringIO(), Clock()
    with open_display(PLAN, stream=stream, clock=clock, width=width) as display:
        if earlier or stages:
            display.begin_with(earlier, stages)
        for event in events:
            clock.now += 10.0
            display(event)
    return stream.getvalue()


def test_a_piped_study_is_told_in_plain_lines():
    told = shown(whole_study())
    story, _, closing = told.partition("\n\n")
    assert all(re.match(r"\[\d+:\d\d:\d\d\] \S", line) for line in story.splitlines())
    assert "\x1b" not in told
    assert "\r" not in told
    assert "[0:02:10] 02 perceptual_weight=0.3 seed 1: diverged: the loss became nan" in story
    assert closing.splitlines()[-1] == "Best weights: perceptual_weight=0.5, ab_weight=2.0"


def test_a_terminal_gets_the_same_story_above_a_live_area():
    told = CONTROL.sub("", shown(whole_study(), Terminal(), width=200)).replace("\n   ", " ")
    piped = [line[10:] for line in shown(whole_study()).splitlines() if line.startswith("[")]
    for sentence in piped:
        if not sentence.startswith("training: ") and not sentence.endswith(": training"):
            assert f"{sentence}\n" in told
    assert "stage 1 of 2" in told


def test_the_claim_comes_after_the_live_area_is_gone():
    told = shown(whole_study(), Terminal())
    assert "stage" not in told[told.index("Confirmed") :]


@pytest.mark.parametrize("width", [20, 40, 60, 100, 200])
def test_any_width_will_do(width):
    told = shown(whole_study(), Terminal(), width=width)
    assert "Best weights" in told


def test_a_resumed_study_begins_with_what_there_was():
    earlier = [ended(baseline(0), 0.65).result, ended(baseline(1), 0.67).result]
    told = shown([opened()], earlier=earlier, stages=[judged().stage]).splitlines()
    assert told[0] == "[0:00:00] Going on with an earlier run, which finished 2 trials."
    assert told[2].startswith("[0:00:00] Step 1 - Reduce dominance")


def test_the_ladder_of_a_resumed_study_has_the_earlier_stages():
    told = shown(whole_study()[-1:], stages=[judged().stage])
    assert "Step 1 - Reduce dominance" in told.partition("\n\n")[2]


def test_color_that_is_forced_does_not_make_a_pipe_a_terminal(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in shown(whole_study())


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(whole_study(), Terminal())


def test_no_color_means_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown(whole_study(), Terminal()))


def test_standard_output_is_the_default(capsys):
    with open_display(PLAN, clock=Clock()) as display:
        display(opened())
    assert capsys.readouterr().out.startswith("[0:00:00] sepia-fix: 2 stages")


@pytest.mark.parametrize(("stream", "view"), [(io.StringIO, PlainView), (Terminal, LiveView)])
def test_the_stream_decides_how_a_run_is_shown(stream, view):
    assert isinstance(open_display(PLAN, stream=stream())._view, view)


def test_notes_are_shown_as_they_come():
    stream = io.StringIO()
    with open_display(PLAN, stream=stream, clock=Clock()) as display:
        display.note("reading photos 30/300")
    assert stream.getvalue() == "[0:00:00] reading photos 30/300\n"


def test_what_takes_long_is_shown_also_where_nothing_comes():
    stream, clock = io.StringIO(), Clock()
    with open_display(PLAN, stream=stream, clock=clock) as display:
        display.progress(Activity("loading PyTorch", 0, 1))
        for clock.now in (4.0, 8.0, 12.0):
            display.tick()
    lines = stream.getvalue().splitlines()
    assert lines == ["[0:00:00] loading PyTorch", "[0:00:12] loading PyTorch"]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_the_report_is_shown_after_the_claim(stream):
    stream = stream()
    with open_display(PLAN, stream=stream, clock=Clock(), width=80) as display:
        for event in whole_study():
            display(event)
        display.progress(Activity("report", 0, 1))
        display.progress(Activity("report", 1, 1))
    told = stream.getvalue()
    assert told.rindex("report") > told.rindex("Best weights")
    display.progress(Activity("report", 0, 1))
    display.tick()


@pytest.mark.parametrize("maximize", [True, False])
def test_results_of_an_earlier_run_are_told_in_the_number_that_is_tuned(maximize):
    stream, unit = io.StringIO(), ScoreUnit("val_psnr", maximize=maximize)
    earlier = [ended(baseline(number), unit.sign * 3.963).result for number in range(2)]
    with open_display(PLAN, stream=stream, clock=Clock(), unit=unit) as display:
        display.begin_with(earlier, [judged().stage])
    told = stream.getvalue()
    assert "Start weights: val_psnr 3.963" in told
    assert "Step 1 - " in told
    assert "score" not in told


def test_an_interrupted_run_leaves_a_tidy_terminal():
    stream = Terminal()
    display = open_display(PLAN, stream=stream, clock=Clock())
    display.__enter__()
    display(started(baseline()))
    display.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert "\x1b[?25h" in stream.getvalue()


@given(
    st.lists(st.sampled_from(whole_study()), max_size=25),
    st.sampled_from([io.StringIO, Terminal]),
    st.integers(0, 3),
)
def test_no_order_of_events_is_an_error(events, stream, known):
    earlier = [ended(baseline(number)).result for number in range(known)]
    shown(events, stream(), earlier=earlier)


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_threads_may_tell_at_once(stream):
    stream, trials = stream(), [baseline(number) for number in range(40)]

    def train(trial):
        for event in (started(trial), point(trial.number, 0, 1.9), point(trial.number, 500)):
            display(event)
        display.note(f"trial {trial.number} is half done")
        display(ended(trial))

    with (
        open_display(PLAN, stream=stream, clock=Clock(), width=80) as display,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(train, trials))
    told = stream.getvalue()
    assert all(f"{trial.title}: score 0.600" in told for trial in trials)

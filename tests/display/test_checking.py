import io
import re

import pytest
from rich.console import Console

from tuner.checking.result import CheckResult
from tuner.display.checking import Page, check_record, open_page

GREEN = CheckResult("photos", "green", "60 photos")
AMBER = CheckResult("loss", "amber", "golden rule: the AB loss is small", "raise ab_weight")
RED = CheckResult("trainer", "red", "'gan' changes nothing", "a dead knob")
COMMAND = "tuner run --study mine --quick"


def said(*findings, width=None):
    stream = io.StringIO()
    console = Console(
        file=stream, width=width or 200, force_terminal=width is not None, no_color=True
    )
    page = Page(console, None)
    page.note("reading photos 3/9")
    for finding in findings:
        page.show(finding)
    page.conclude(findings, COMMAND)
    return stream.getvalue()


def test_a_piped_check_says_now_and_then_what_it_does():
    stream, now = io.StringIO(), [0.0]
    page = Page(Console(file=stream, width=200), None, lambda: now[0])
    for now[0] in (1.0, 6.0, 7.0, 12.0, 16.0, *range(100, 400)):
        page.note(f"{now[0]:g} s")
    told = [line for line in stream.getvalue().splitlines() if line]
    assert told[:4] == ["... 6 s", "... 16 s", "... 100 s", "... 140 s"]
    assert told[-2:] == ["... 320 s", "... 380 s"]


def test_a_finding_is_a_line_and_its_advice_another():
    assert said(GREEN, AMBER, RED).splitlines() == [
        "GREEN  photos: 60 photos",
        "AMBER  loss: golden rule: the AB loss is small",
        "    -> raise ab_weight",
        "RED    trainer: 'gan' changes nothing",
        "    -> a dead knob",
        "",
        "1 red, 1 amber: correct what is red before anything is spent.",
    ]


@pytest.mark.parametrize(
    ("findings", "end"),
    [
        ([GREEN], ["All green.", f"Next: {COMMAND}"]),
        (
            [GREEN, AMBER],
            [
                "1 amber, nothing red: look at that before you run the study.",
                f"Next: {COMMAND}",
            ],
        ),
    ],
)
def test_the_end_says_what_comes_next(findings, end):
    assert said(*findings).splitlines()[-2:] == end


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_terminal_but_for_the_command(width):
    long = CheckResult("photos", "amber", "many words " * 20, "and more of them " * 9)
    lines = [
        re.sub(r"\x1b\[[0-9;]*m", "", line) for line in said(long, RED, width=width).splitlines()
    ]
    assert max(map(len, lines)) <= width


def test_for_scripts_nothing_is_printed(capsys):
    with open_page(silent=True) as page:
        page.note("reading")
        page.show(RED)
        page.conclude([RED], COMMAND)
    assert capsys.readouterr() == ("", "")
    assert check_record([GREEN, RED]) == {
        "color": "red",
        "findings": [
            {"subject": "photos", "color": "green", "sentence": "60 photos", "advice": ""},
            {
                "subject": "trainer",
                "color": "red",
                "sentence": "'gan' changes nothing",
                "advice": "a dead knob",
            },
        ],
    }


def test_a_pipe_gets_findings_only(capsys):
    with open_page() as page:
        page.note("reading photos 3/9")
        page.show(GREEN)
    assert capsys.readouterr().out == "GREEN  photos: 60 photos\n"

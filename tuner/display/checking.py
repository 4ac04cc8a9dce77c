"""Prints a check: a line for each finding, the present activity, and a conclusion."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

from tuner.checking.result import CheckResult, Color, worst
from tuner.display.pages import page_console
from tuner.display.sentences import StatusLine, Tone
from tuner.display.wrapping import print_line, writable

QUIET_SECONDS = 5.0
"""How long a piped check says nothing before a line tells what it is doing; each time twice as
long, up to a minute."""

LONGEST_QUIET = 60.0

TONES: Mapping[Color, Tone] = {"green": "usual", "amber": "bad", "red": "wrong"}


class Page:
    """Prints findings on a console.

    Args:
        console: The console; None prints nothing.
        status: Shows the present activity; None where the output is not a terminal.
    """

    def __init__(
        self,
        console: Console | None,
        status: Status | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._status = status
        self._clock = clock
        self._last = clock()
        self._quiet = QUIET_SECONDS

    def note(self, text: str) -> None:
        """Shows the present activity, until the next note or finding."""
        if self._status and self._console:
            self._status.update(writable(text, self._console))
        elif self._console and self._clock() >= self._last + self._quiet:
            self._last = self._clock()
            self._quiet = min(2 * self._quiet, LONGEST_QUIET)
            print_line(self._console, StatusLine(f"... {text}", "usual"))

    def show(self, finding: CheckResult) -> None:
        """Prints a finding and its advice."""
        if self._console is None:
            return
        self._last, self._quiet = self._clock(), QUIET_SECONDS
        text = f"{finding.color.upper():6} {finding.subject}: {finding.sentence}"
        print_line(self._console, StatusLine(text, TONES[finding.color]))
        if finding.advice:
            print_line(self._console, StatusLine(f"    -> {finding.advice}", TONES[finding.color]))

    def conclude(self, findings: Sequence[CheckResult], command: str) -> None:
        """Prints how many findings need attention, and the next command."""
        if self._console is None:
            return
        red, amber = (
            sum(finding.color == color for finding in findings) for color in ("red", "amber")
        )
        if red:
            text = f"{red} red, {amber} amber: correct what is red before anything is spent."
        elif amber:
            text = f"{amber} amber, nothing red: look at that before you run the study."
        else:
            text = "All green."
        self._console.print()
        print_line(self._console, StatusLine(text, "heading"))
        if not red:
            self._console.print(Text(f"Next: {command}"), soft_wrap=True)


@contextmanager
def open_page(*, silent: bool = False) -> Iterator[Page]:
    """A page for findings; on a terminal it also shows the present activity."""
    console = page_console()
    if silent:
        yield Page(None, None)
    elif not console.is_terminal or console.is_dumb_terminal:
        yield Page(console, None)
    else:
        with console.status("reading the study") as status:
            yield Page(console, status)


def check_record(findings: Sequence[CheckResult]) -> dict[str, Any]:
    """The check as a record for `--json`."""
    return {
        "color": worst(findings),
        "findings": [
            {
                "subject": finding.subject,
                "color": finding.color,
                "sentence": finding.sentence,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }

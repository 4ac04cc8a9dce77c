"""Fits sentences to the width and the encoding of a console."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

from tuner.display.sentences import StatusLine, Tone

WIDEST_STORY = 100
STYLES: dict[Tone, str] = {
    "usual": "",
    "begun": "dim",
    "heading": "bold",
    "good": "green",
    "bad": "yellow",
    "wrong": "bold red",
    "loud": "bold yellow",
}


def print_line(console: Console, line: StatusLine) -> None:
    """Prints a sentence; on a terminal it is wrapped between words."""
    text = fit(line, console) if console.is_terminal else Text(writable(line.text, console))
    console.print(text, soft_wrap=True)


def fit(line: StatusLine, console: Console) -> Text:
    """A sentence wrapped between words, so that weights and commands stay whole."""
    text = textwrap.fill(
        writable(line.text, console),
        width=max(20, min(console.width, WIDEST_STORY)),
        subsequent_indent="   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return Text(text, style=STYLES[line.tone])


def writable(text: str, console: Console) -> str:
    """The text with a question mark for each character that the console cannot write."""
    return text.encode(console.encoding, "replace").decode(console.encoding)

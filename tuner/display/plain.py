"""Shows a run as plain lines, for pipes, log files and terminals without cursor control."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TextIO

from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine, describe_heartbeat

SIGN_OF_LIFE = 30.0
"""Seconds without output after which a line on the progress is written."""

RARER = 0.01
"""In a long run these lines come after this share of the elapsed time, so there are few."""


class PlainView:
    """Writes each line at once, with the time since the display was opened."""

    def __init__(self, stream: TextIO, began: float) -> None:
        self._stream = stream
        self._began = began
        self._last = began
        self._kind = ""
        self._kept = ""

    def open(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Writes the last note, where it is not written yet."""
        self._let_go(self._last)

    def show(self, progress: ProgressView, lines: Sequence[StatusLine], now: float) -> None:
        """Writes the lines; without any, the progress after a long time of silence."""
        if lines:
            self._let_go(now)
        for line in lines:
            self._write(line.text, now)
        if not lines and progress.underway and self._is_quiet(now):
            self._write(describe_heartbeat(progress, now), now)

    def note(self, text: str, now: float) -> None:
        """Writes a sentence; of a series such as `photo 3 of 9`, the first, the last and a few."""
        kind = kind_of(text)
        if kind == self._kind and not self._is_quiet(now):
            self._kept = text
            return
        if kind != self._kind:
            self._let_go(now)
        self._kind, self._kept = kind, ""
        self._write(text, now)

    def end(self, lines: Sequence[StatusLine]) -> None:
        """Writes the closing lines, without times, so that they can be copied."""
        text = "\n".join(line.text for line in lines)
        self._put(f"\n{text}\n")

    def _is_quiet(self, now: float) -> bool:
        return now - self._last >= max(SIGN_OF_LIFE, RARER * (now - self._began))

    def _let_go(self, now: float) -> None:
        kept, self._kept, self._kind = self._kept, "", ""
        if kept:
            self._write(kept, now)

    def _write(self, text: str, now: float) -> None:
        self._last = now
        self._put(f"[{clock_time(now - self._began)}] {' '.join(text.split())}\n")

    def _put(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def clock_time(seconds: float) -> str:
    """Elapsed time as `0:01:23`."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def kind_of(note: str) -> str:
    """A note without its numbers; equal for the notes of one series."""
    return re.sub(r"\d+", "#", note)

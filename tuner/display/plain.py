"""Shows a run as plain lines, for pipes, log files and terminals without cursor control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tuner.display.heartbeat import describe_heartbeat
from tuner.display.progress_view import ProgressView
from tuner.display.sentences import StatusLine

SIGN_OF_LIFE = 10.0
"""Seconds without output after which a line on the progress is written."""

RARER = 0.02
"""In a long run these lines come after this share of the elapsed time, so there are few."""


class PlainView:
    """Writes each line at once, with the time since the display was opened."""

    def __init__(self, stream: TextIO, began: float) -> None:
        self._stream = stream
        self._began = began
        self._last = began
        self._begun: set[str] = set()

    def open(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""

    def show(self, progress: ProgressView, lines: Sequence[StatusLine], now: float) -> None:
        """Writes the lines, the first of each activity, and the progress after some silence."""
        for line in lines:
            self._write(line.text, now)
        activity = progress.activity.now.name if progress.activity else ""
        is_new = bool(activity) and activity not in self._begun
        self._begun.add(activity)
        if is_new or self._is_quiet(now):
            self._write(describe_heartbeat(progress, now), now)

    def note(self, text: str, now: float) -> None:
        """Writes a sentence."""
        self._write(text, now)

    def end(self, lines: Sequence[StatusLine]) -> None:
        """Writes the closing lines, without times, so that they can be copied."""
        text = "\n".join(line.text for line in lines)
        self._put(f"\n{text}\n")

    def _is_quiet(self, now: float) -> bool:
        return now - self._last >= max(SIGN_OF_LIFE, RARER * (now - self._began))

    def _write(self, text: str, now: float) -> None:
        if not text:
            return
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

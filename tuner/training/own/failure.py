"""Why a trial of somebody's own script has no score."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 5


class Failed(Exception):
    """A trial that failed; its text is the reason, one sentence.

    Args:
        reason: What happened.
        last_lines: Of the output, the latest last.
    """

    def __init__(self, reason: str, last_lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_lines = tuple(last_lines)


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"

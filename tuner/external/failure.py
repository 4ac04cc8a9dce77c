"""Why a trial of somebody's own script has no score."""

from __future__ import annotations

from collections.abc import Sequence


class TrialFailed(Exception):
    """A trial that failed; its text is the reason, one sentence.

    Args:
        reason: What happened.
        last_lines: Of the output, the latest last.
    """

    def __init__(self, reason: str, last_lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_lines = tuple(last_lines)

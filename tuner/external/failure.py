"""Why a trial of an external script has no score."""

from __future__ import annotations

from collections.abc import Sequence


class TrialFailed(Exception):
    """A trial that failed; its text is the reason, one sentence.

    Args:
        reason: What happened.
        last_lines: Last lines of the output, in order.
    """

    def __init__(self, reason: str, last_lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_lines = tuple(last_lines)

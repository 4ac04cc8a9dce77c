"""Why a trial of an external script has no score."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.errors.masking import masked


class TrialFailed(Exception):
    """A trial that failed; its text is the reason, one sentence.

    Args:
        reason: What happened.
        last_lines: Last lines of the output, in order.
    """

    def __init__(self, reason: str, last_lines: Sequence[str] = ()) -> None:
        self.reason = masked(reason)  # which may quote what the script printed
        self.last_lines = tuple(map(masked, last_lines))
        super().__init__(self.reason)

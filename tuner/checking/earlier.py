"""An earlier run of the same name: whether its numbers hold for the study that is checked."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.checking.result import CheckResult
from tuner.journal.history import StudyHistory
from tuner.spec.changes import describe_changes
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study
from tuner.wording import some

NAMED = 3
"""Number of changed settings that are named."""


def alike(found: StudyHistory | None, spec: StudySpec) -> StudyHistory | None:
    """An earlier run whose numbers hold; None where it trained or scored otherwise."""
    return found if found and found.trains_like(spec) else None


def check_earlier(found: StudyHistory | None, spec: StudySpec) -> Iterator[CheckResult]:
    """Says where an earlier run of this name had other settings, so that its numbers do not hold.

    Args:
        found: The earlier run; None without one.
    """
    if found is None or found.trains_like(spec):
        return
    changes = some(describe_changes(recorded_study(found.spec), spec), NAMED)
    yield CheckResult(
        "study",
        "amber",
        f"an earlier run of '{spec.study}' has other settings ({changes}); nothing of it is used "
        "here",
        f"give this one a name of its own (--set study={spec.study}-2), or --restart",
    )

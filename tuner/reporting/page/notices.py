"""What the reader of a report should know: what is wrong, and what is merely worth knowing."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.journal.history import StudyHistory
from tuner.reporting.ranking import Ranking, find_ranking
from tuner.spec.demo import DEMO, bad_start


def notices_of(history: StudyHistory) -> Iterator[str]:
    """Sentences on what is wrong, or needs a decision of the reader."""
    if bad_start(history.spec):
        yield DEMO
    elif history.spec.get("preset") == "quick":
        yield (
            "Made with --quick: tiny pictures and few steps. It shows how the tuner works; weights "
            "to rely on take a run without it."
        )
    yield from history.notices
    yield from history.finished.warnings if history.finished else ()
    if (ranking := _ranking(history)) and ranking.contradicts:
        yield ranking.sentence


def remarks_of(history: StudyHistory) -> Iterator[str]:
    """Sentences on what is as it should be, and worth knowing."""
    yield from history.remarks
    if (ranking := _ranking(history)) and not ranking.contradicts:
        yield ranking.sentence


def _ranking(history: StudyHistory) -> Ranking | None:
    return find_ranking(history.asked_results) if history.finished else None

"""Tells what a study has found so far, once, whichever of its workers notices first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tuner.announcements import ending
from tuner.events import (
    BaselineFinished,
    CombinationFinished,
    Judgement,
    PictureTaken,
    StageFinished,
)
from tuner.plan import Plan
from tuner.readiness import refuse_a_baseline_without_color
from tuner.records.before_after import draw_before_after
from tuner.records.contact_sheet import draw_contact_sheet
from tuner.records.teller import GRAY, PHOTO, last_squares
from tuner.results import TrialResult
from tuner.search.course import Findings
from tuner.service.book import LedgerBook
from tuner.service.bringing import bring
from tuner.sharing.ledger import Ledger
from tuner.study import StudySpec

Results = tuple[TrialResult, ...]


@dataclass
class Judge:
    """Writes judgements into the ledger, with the pictures that belong to them.

    Attributes:
        folder: Where this worker has the study's files.
        anyway: Whether it goes on although the start weights have not learned color.
    """

    spec: StudySpec
    plan: Plan
    ledger: Ledger
    folder: Path
    anyway: bool
    _told: set[str] = field(default_factory=set)
    _to_draw: list[StageFinished] = field(default_factory=list)

    def tell_news(self, event: Judgement, results: Callable[[], Results]) -> None:
        """Tells a judgement, unless that was done.

        Args:
            results: All results by now.

        Raises:
            TrainerError: The start weights have not learned color.
        """
        # With a larger budget a stage that ran short is judged anew.
        key = f"{_key(event)} of {self.plan.max_trials}"
        if key in self._told:
            return
        if isinstance(event, BaselineFinished) and not self.anyway:
            refuse_a_baseline_without_color(self.spec, results())
        first = self.ledger.append([self.ledger.draft(event, key)])
        self._told.add(key)
        if first and isinstance(event, StageFinished):
            self._to_draw.append(event)

    def draw(self, results: Results) -> None:
        """Draws what belongs to the judgements that were told; that takes longer than telling."""
        events, self._to_draw = self._to_draw, []
        for event in events:
            self._fetch_squares(results)
            self._show(draw_contact_sheet(self.folder, event.stage, event.incumbent, results))

    def tell_end(self, findings: Findings, results: Results) -> None:
        """Tells that all is trained and judged; with a larger budget it may be told again."""
        key = f"study finished {self.plan.max_trials}"
        if key in self._told:
            return
        self._fetch_squares(results)
        confirmed = findings.best == findings.incumbent
        start, incumbent = self.plan.weights, findings.incumbent
        self._show(draw_before_after(self.folder, results, start, incumbent, confirmed=confirmed))
        event = ending(self.spec, findings, results)
        self.ledger.append([self.ledger.draft(event, key)])
        self._told.add(key)

    def _show(self, picture: PictureTaken | None) -> None:
        if picture is not None:
            LedgerBook(self.ledger, self.folder).append(picture)

    def _fetch_squares(self, results: Results) -> None:
        """Pictures are drawn of what all workers have predicted."""
        ends = [last_squares(self.folder, result.trial.number) for result in results]
        for path in (self.folder / GRAY, self.folder / PHOTO, *ends):
            if not path.exists():
                bring(self.ledger, self.folder, path.relative_to(self.folder).as_posix())


def _key(event: Judgement) -> str:
    match event:
        case BaselineFinished():
            return "baseline"
        case StageFinished(stage=stage):
            return f"stage {stage.number}"
        case CombinationFinished(combination=combination):
            return f"combination {combination.number}"

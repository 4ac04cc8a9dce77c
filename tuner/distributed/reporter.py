"""Tells what a study has found so far, once, whichever of its workers notices first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tuner.distributed.fetch_files import fetch_file
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.table_sink import TableSink
from tuner.events import (
    BaselineFinished,
    CombinationFinished,
    Judgement,
    PictureTaken,
    StageFinished,
)
from tuner.journal.recorder import GRAY, PHOTO, last_squares
from tuner.report.before_after import draw_before_after
from tuner.report.contact_sheet import draw_contact_sheet
from tuner.results import TrialResult
from tuner.runner.lifecycle import closing_event
from tuner.runner.preflight import refuse_a_baseline_without_color
from tuner.search.procedure import SearchResult
from tuner.spec.plan import Plan
from tuner.spec.study import StudySpec

Results = tuple[TrialResult, ...]


@dataclass
class StudyReporter:
    """Writes judgements into the ledger, with the pictures that belong to them.

    Attributes:
        folder: Where this worker has the study's files.
        anyway: Whether it goes on although the start weights have not learned color.
    """

    spec: StudySpec
    plan: Plan
    journal: JournalTable
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
        first = self.journal.append([self.journal.draft(event, key)])
        self._told.add(key)
        if first and isinstance(event, StageFinished):
            self._to_draw.append(event)

    def draw(self, results: Results) -> None:
        """Draws what belongs to the judgements that were told; that takes longer than telling."""
        events, self._to_draw = self._to_draw, []
        for event in events:
            self._fetch_squares(results)
            self._show(draw_contact_sheet(self.folder, event.stage, event.incumbent, results))

    def tell_end(self, findings: SearchResult, results: Results) -> None:
        """Tells that all is trained and judged; with a larger budget it may be told again."""
        key = f"study finished {self.plan.max_trials}"
        if key in self._told:
            return
        self._fetch_squares(results)
        confirmed = findings.best == findings.incumbent
        start, incumbent = self.plan.weights, findings.incumbent
        self._show(draw_before_after(self.folder, results, start, incumbent, confirmed=confirmed))
        event = closing_event(self.spec, findings, results)
        self.journal.append([self.journal.draft(event, key)])
        self._told.add(key)

    def _show(self, picture: PictureTaken | None) -> None:
        if picture is not None:
            TableSink(self.journal, self.folder).append(picture)

    def _fetch_squares(self, results: Results) -> None:
        """Pictures are drawn of what all workers have predicted."""
        ends = [last_squares(self.folder, result.trial.number) for result in results]
        for path in (self.folder / GRAY, self.folder / PHOTO, *ends):
            if not path.exists():
                fetch_file(self.journal, self.folder, path.relative_to(self.folder).as_posix())


def _key(event: Judgement) -> str:
    match event:
        case BaselineFinished():
            return "baseline"
        case StageFinished(stage=stage):
            return f"stage {stage.number}"
        case CombinationFinished(combination=combination):
            return f"combination {combination.number}"

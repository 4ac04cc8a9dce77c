"""Records the conclusions from the results of a study, each once, with its pictures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tuner.journal.history import StudyHistory
from tuner.journal.journals import Conclusion
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.reporting.before_after import draw_before_after
from tuner.reporting.contact_sheet import NAME as CONTACT_SHEET
from tuner.reporting.contact_sheet import draw_contact_sheet
from tuner.results import TrialResult
from tuner.results.events import (
    BaselineFinished,
    FileMended,
    Judgement,
    Listener,
    PictureTaken,
    StageFinished,
)
from tuner.results.progress import Notify, announced, ignore_progress
from tuner.runner.ignored_seed import refuse_an_ignored_seed
from tuner.runner.lifecycle import closing_event
from tuner.runner.preflight import refuse_a_baseline_without_color
from tuner.search.procedure import SearchResult
from tuner.spec.plan import Plan
from tuner.spec.study import StudySpec


class ConclusionJournal(Protocol):
    """The journal with the results, to which conclusions are appended."""

    def has(self, event: Conclusion) -> bool:
        """Whether the journal has this conclusion."""

    def append_once(self, event: Conclusion) -> bool:
        """Appends a conclusion unless the journal has it; whether it was new."""

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all trials that ended, in the order of their numbers."""


@dataclass
class StudyReporter:
    """Records judgements and the end of a study.

    Attributes:
        folder: The study's folder on this machine; None for a study without pictures.
        show: Is called with every picture.
        fetch: Copies files of the study from other machines to this one.
        anyway: Whether the study goes on although the start weights have not learned color.
        scripted: Whether a script of the user's own trains, which may ignore its seed.
        notify: Is called before and after a picture is drawn.
    """

    spec: StudySpec
    plan: Plan
    journal: ConclusionJournal
    folder: Path | None
    show: Listener
    fetch: Callable[[Iterable[Path]], None] = lambda _paths: None
    anyway: bool = False
    scripted: bool = False
    notify: Notify = ignore_progress
    _to_draw: list[StageFinished] = field(default_factory=list)

    def record(self, judgements: Iterable[Judgement]) -> None:
        """Records the judgements that are new.

        Raises:
            TrainerError: Nothing could be told from the trainings of the start weights.
        """
        for judgement in judgements:
            if isinstance(judgement, BaselineFinished):
                self._refuse_a_useless_baseline()
            if self.journal.append_once(judgement) and isinstance(judgement, StageFinished):
                self._to_draw.append(judgement)

    def recall(self, earlier: StudyHistory) -> None:
        """Draws the latest stage after all, where a run was killed between judging and drawing."""
        drawn = {one.step for one in earlier.pictures if one.name == CONTACT_SHEET}
        if earlier.stages and earlier.stages[-1].number not in drawn:
            stage, incumbent = earlier.stages[-1], _after_stages(earlier)
            self._to_draw.append(StageFinished(stage=stage, incumbent=incumbent))

    def _refuse_a_useless_baseline(self) -> None:
        if self.scripted:
            refuse_an_ignored_seed(self.spec, self.journal.results())
        if not self.anyway:
            refuse_a_baseline_without_color(self.spec, self.journal.results())

    def draw(self) -> None:
        """Draws the pictures of the recorded judgements; this may take seconds."""
        while self._to_draw and self.folder is not None:
            with announced(self.notify, "pictures", f"stage {self._to_draw[0].stage.number}"):
                event, results = self._to_draw[0], self.journal.results()
                self._fetch_squares(self.folder, results)
                self._show(draw_contact_sheet(self.folder, event.stage, event.incumbent, results))
            self._to_draw.pop(0)

    def conclude(self, found: SearchResult, used: Collection[int]) -> None:
        """Records the end of the study with its picture.

        Args:
            used: Numbers of the trials that the search asked for.
        """
        results = self.journal.results()
        closing = closing_event(self.spec, self.plan, found, results, used)
        if self.journal.has(closing):
            return
        if self.folder is not None:
            with announced(self.notify, "pictures", "before and after"):
                self._draw_before_after(self.folder, results, found)
        self.journal.append_once(closing)

    def _draw_before_after(
        self, folder: Path, results: Sequence[TrialResult], found: SearchResult
    ) -> None:
        self._fetch_squares(folder, results)
        start, best = self.plan.weights, found.incumbent
        confirmed = found.best == found.incumbent
        self._show(draw_before_after(folder, results, start, best, confirmed=confirmed))

    def _show(self, picture: PictureTaken | FileMended | None) -> None:
        if picture is not None:
            self.show(picture)

    def _fetch_squares(self, folder: Path, results: Iterable[TrialResult]) -> None:
        ends = [last_squares(folder, result.trial.number) for result in results]
        self.fetch(path for path in (folder / GRAY, folder / PHOTO, *ends) if not path.exists())


def _after_stages(earlier: StudyHistory) -> Mapping[str, float]:
    """The best weights after the latest stage; a combination after it has moved on from them."""
    combination = earlier.combination
    if combination is not None and combination.number > earlier.stages[-1].number:
        return combination.start
    return earlier.incumbent

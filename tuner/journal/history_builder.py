"""Folds the entries of a journal into the history of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tuner.errors import StudyNotFound
from tuner.journal.history import StudyHistory, StudyPart
from tuner.journal.journal_file import Entry, read_entries
from tuner.journal.workspace import Workspace
from tuner.results import CombinationResult, Noise, Preference, StageResult, Trial, TrialResult
from tuner.results.events import (
    AdviceGiven,
    BaselineFinished,
    CombinationFinished,
    CurvePoint,
    Judgement,
    PictureTaken,
    PreferenceJudged,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)
from tuner.spec.study_file import found_as


class HistoryBuilder:
    """Folds entries into a history, one after the other."""

    def __init__(self) -> None:
        self._opened: StudyOpened | None = None
        self._finished: StudyFinished | None = None
        self._prepared = TrainingPrepared(facts={})
        self._trials: dict[int, Trial] = {}
        self._results: dict[int, TrialResult] = {}
        self._running: dict[int, Trial] = {}
        self._baseline_judged = False
        self._stages: dict[int, StageResult] = {}
        self._combinations: dict[int, CombinationResult] = {}
        self._parts: list[StudyPart] = []
        self._noise: Noise | None = None
        self._incumbent: Mapping[str, float] = {}
        self._curves: dict[int, dict[str, tuple[int, float]]] = {}
        self._pictures: dict[tuple[int, str, int], PictureTaken] = {}
        self._advice: dict[tuple[int, str], AdviceGiven] = {}
        self._preferences: list[Preference] = []
        self._times: list[float] = []
        self._ended: float | None = None
        self._began: dict[int, float] = {}
        self._stopped: dict[int, float] = {}

    def add(self, entry: Entry) -> None:
        """Takes in the next line of the journal."""
        match entry.event:
            case StudyOpened() as event:
                self._open(event)
            case TrainingPrepared() as event:
                self._prepared = event
            case TrialStarted(trial=trial):
                self._start(trial, entry.at)
            case CurvePoint() as event:
                curves = self._curves.setdefault(event.number, {})
                curves.update({key: (event.step, value) for key, value in event.values.items()})
            case PictureTaken() as event:
                self._pictures[event.number, event.name, event.step] = event
            case AdviceGiven() | PreferenceJudged() as event:
                self._note(event)
            case TrialFinished(result=result):
                self._finish(result, entry.at)
            case BaselineFinished() | StageFinished() | CombinationFinished() as event:
                self._judge(event)
            case StudyFinished() as event:
                self._finished, self._ended = event, entry.at
                self._noise = event.noise or self._noise
        self._times = [*self._times[:1], entry.at]

    def has(self, event: Judgement | StudyFinished) -> bool:
        """Whether the journal has this conclusion, and nothing has changed since."""
        match event:
            case BaselineFinished():
                return self._baseline_judged
            case StageFinished(stage=stage):
                return self._stages.get(stage.number) == stage
            case CombinationFinished(combination=combination):
                return self._combinations.get(combination.number) == combination
            case StudyFinished():
                return self._finished is not None

    def results(self) -> tuple[TrialResult, ...]:
        """The results of all trials that ended, in the order of their numbers."""
        return tuple(self._results[number] for number in sorted(self._results))

    def history(self) -> StudyHistory | None:
        """The study as it stands now; None before it was opened."""
        if self._opened is None:
            return None
        return StudyHistory(
            opened=self._opened,
            facts=dict(self._prepared.facts),
            notices=self._prepared.notices,
            trials=dict(self._trials),
            results=dict(self._results),
            running=dict(self._running),
            stages=tuple(self._stages[number] for number in sorted(self._stages)),
            combination=self._latest_combination(),
            noise=self._noise,
            incumbent=dict(self._incumbent),
            finished=self._finished,
            curves={number: dict(curves) for number, curves in self._curves.items()},
            pictures=tuple(self._pictures.values()),
            started=self._times[0],
            ended=self._ended,
            last=self._times[-1],
            began=dict(self._began),
            stopped=dict(self._stopped),
            advice=tuple(self._advice.values()),
            preferences=tuple(self._preferences),
            parts=tuple(self._parts),
            remarks=self._prepared.remarks,
        )

    def _note(self, event: AdviceGiven | PreferenceJudged) -> None:
        if isinstance(event, AdviceGiven):
            self._advice.setdefault((event.number, event.kind), event)
        else:
            self._preferences.append(event.preference)

    def _judge(self, event: Judgement) -> None:
        self._noise = event.noise or self._noise
        match event:
            case StageFinished(stage=stage, incumbent=incumbent):
                self._stages[stage.number], self._incumbent = stage, incumbent
            case CombinationFinished(combination=combination):
                self._combinations[combination.number] = combination
                self._incumbent = combination.chosen
            case BaselineFinished():
                self._baseline_judged = True

    def _open(self, event: StudyOpened) -> None:
        # One run writes a journal at a time: what an earlier run left open was interrupted.
        for number in self._running:
            self._stopped[number] = self._times[-1]
        self._running.clear()
        if len(event.spec.get("earlier", ())) > len(self._parts):
            earlier = self.history()
            if earlier and earlier.finished:
                self._parts.append(earlier.present_part)
        self._opened, self._finished, self._ended = event, None, None
        self._incumbent = self._incumbent or event.spec.get("weights", {})

    def _latest_combination(self) -> CombinationResult | None:
        """That of the present part."""
        before = [part.combination.number for part in self._parts if part.combination]
        number = max(self._combinations, default=0)
        return self._combinations[number] if number > max(before, default=0) else None

    def _start(self, trial: Trial, at: float) -> None:
        self._trials[trial.number] = self._running[trial.number] = trial
        self._began.setdefault(trial.number, at)
        self._stopped.pop(trial.number, None)

    def _finish(self, result: TrialResult, at: float) -> None:
        number = result.trial.number
        self._running.pop(number, None)
        self._trials[number], self._results[number] = result.trial, result
        self._began.setdefault(number, at)
        self._stopped[number] = at


def fold(entries: Iterable[Entry]) -> StudyHistory | None:
    """The history of some entries; None where the study was not opened."""
    builder = HistoryBuilder()
    for entry in entries:
        builder.add(entry)
    return builder.history()


def find_history(folder: Path, *, curves: bool = True) -> StudyHistory | None:
    """What happened in a study so far; None where nothing is recorded.

    Args:
        folder: The study's folder.
        curves: Whether the history has the curves; without them it is read 10 times as fast.

    Raises:
        StorageError: The journal cannot be read.
    """
    return fold(read_entries(folder, curves=curves))


def read_history(folder: Path, *, curves: bool = True) -> StudyHistory:
    """Reads what happened in a study so far.

    Args:
        folder: The study's folder.
        curves: As for `find_history`.

    Raises:
        StudyNotFound: Nothing was recorded in this folder.
        StorageError: The journal cannot be read.
    """
    return history_of(folder, read_entries(folder, curves=curves))


def history_of(folder: Path, entries: Iterable[Entry]) -> StudyHistory:
    """What happened in a study, by the entries of the journal in its folder.

    Raises:
        StudyNotFound: The study was not opened.
        StorageError: The journal cannot be read.
    """
    history = fold(entries)
    if history is None:
        starts = Workspace(folder.parent.parent).command("run", found_as(folder.name))
        raise StudyNotFound(f"{folder}: nothing is recorded here; '{starts}' starts the study")
    return history

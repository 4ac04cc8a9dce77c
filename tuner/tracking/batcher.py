"""Sorts new entries of the journal by MLflow run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from tuner.journal.history import StudyHistory
from tuner.journal.journal_file import Entry
from tuner.results import TrialResult
from tuner.results.events import (
    OF_THE_STUDY,
    AdviceGiven,
    CombinationFinished,
    PictureTaken,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrialFinished,
    TrialStarted,
)
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.spec.base import tidy
from tuner.tracking.keys import Keys
from tuner.tracking.leaderboard import OBJECTIVE
from tuner.tracking.metric_points import (
    AT_THE_END,
    HELDOUT,
    MetricPoint,
    metric_points,
    milliseconds,
)
from tuner.tracking.start_gains import StartGains

LOG = logging.getLogger("mlflow.tuner")

LAST_STEP = 2**63 - 1
"""The last step that MLflow's databases can hold."""

CLAIM = ("confirmation", "rival")
"""Roles of trials that are judged at the end of a study."""

OWN = {"score": OBJECTIVE, "incumbent/score": "incumbent/"}
"""What stands before the script's own number where a score of this name is sent too."""


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """What is new for one run.

    Attributes:
        points: Numbers, in the order in which MLflow's page lists them.
        pictures: Pictures with the time they were taken, in milliseconds.
    """

    points: list[MetricPoint] = field(default_factory=list)
    pictures: list[tuple[PictureTaken, int]] = field(default_factory=list)


class MetricBatcher:
    """Sorts the entries of the journal into updates, one for each run that changes.

    A trial that goes on from a checkpoint records some steps twice; only the first record is sent,
    so that its curves do not run back.
    """

    def __init__(self) -> None:
        self._last_step: dict[tuple[int, str], int] = {}
        self._keys: dict[int, Keys] = {}
        self._gains = StartGains()
        self._unit = SCORE

    def sort(self, entries: Iterable[Entry], history: StudyHistory) -> dict[int, RunUpdate]:
        """Updates by number of the trial, `OF_THE_STUDY` for the parent run.

        Args:
            entries: Entries that have not been sorted before.
            history: The study after these entries.
        """
        updates = {OF_THE_STUDY: RunUpdate()}
        for entry in entries:
            for number in _changed_runs(entry, history):
                updates.setdefault(number, RunUpdate())
            for number, point in self._news(entry):
                updates.setdefault(number, RunUpdate()).points.append(point)
            picture = entry.event
            if isinstance(picture, PictureTaken) and picture.step <= LAST_STEP:
                updates[picture.number].pictures.append((picture, milliseconds(entry.at)))
        return updates

    def remember(self, entry: Entry) -> None:
        """Notes an entry that was sent by an earlier process."""
        for _ in self._news(entry):
            pass

    def _news(self, entry: Entry) -> Iterator[tuple[int, MetricPoint]]:
        """The numbers of an entry that were not sent before."""
        points = [*metric_points(entry), *self._gain_points(entry)]
        for number, named in chain(points, self._in_own_sign(entry, points)):
            point = replace(named, key=self._key(number, named.key, entry))
            if not -1 < point.step <= LAST_STEP:
                LOG.warning("run %s: '%s' is left out at step %s", number, named.key, point.step)
            elif point.step > self._last_step.get((number, point.key), -1):
                self._last_step[number, point.key] = point.step
                yield number, point

    def _gain_points(self, entry: Entry) -> Iterator[tuple[int, MetricPoint]]:
        event = entry.event
        if isinstance(event, StudyOpened):
            self._gains.weights = event.spec.get("weights", {})
        elif isinstance(event, TrialFinished):
            at, steps = milliseconds(entry.at), event.result.trial.steps
            for number, gain in self._gains.add(event.result):
                yield number, MetricPoint("gain", tidy(gain), at, steps)

    def _in_own_sign(
        self, entry: Entry, points: Iterable[tuple[int, MetricPoint]]
    ) -> Iterator[tuple[int, MetricPoint]]:
        """Scores once more, as the script's own number that they stand for."""
        if isinstance(entry.event, StudyOpened):
            self._unit = ScoreUnit.of(entry.event.spec)
        unit = self._unit
        for number, point in points:
            if unit.metric and point.key in OWN:
                key = f"{OWN[point.key]}{unit.metric}"
                yield number, replace(point, key=key, value=unit.value(point.value))

    def _key(self, number: int, name: str, entry: Entry) -> str:
        """The name of a number in MLflow; what has no curve stands below the curves."""
        keys = self._keys.setdefault(number, Keys())
        measured = isinstance(entry.event, TrialFinished) and name.startswith(HELDOUT)
        if measured and (number, keys.of(name)) not in self._last_step:
            return keys.of(f"{AT_THE_END}{name.removeprefix(HELDOUT)}")
        return keys.of(name)


def _changed_runs(entry: Entry, history: StudyHistory) -> list[int]:
    """The runs whose pages change by an entry, besides the parent's."""
    match entry.event:
        case StudyOpened():
            return [number for number in history.trials if number not in history.results]
        case TrialStarted(trial=trial) | TrialFinished(result=TrialResult(trial=trial)):
            return _with_seeds([trial.number], history)
        case PictureTaken(number=number) | AdviceGiven(number=number):
            return [number]
        case StageFinished(stage=stage) | CombinationFinished(combination=stage):
            of_stage = (n for n, trial in history.trials.items() if trial.stage == stage.number)
            return _with_seeds(of_stage, history)
        case StudyFinished():
            claimed = (n for n, trial in history.trials.items() if trial.role in CLAIM)
            return _with_seeds(claimed, history)
        case _:
            return []


def _with_seeds(numbers: Iterable[int], history: StudyHistory) -> list[int]:
    """These trials and their other seeds, whose group in the leaderboard has the same name."""
    return sorted({alike for number in numbers for alike in history.seeds_alike[number]})

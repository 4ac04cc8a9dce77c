"""The loop of a study: replay, record what can be judged, train what is missing.

A run alone, a run in memory and every worker of a shared study use this loop. They differ in
their journal (file, memory, table) and in their store, which hands out all missing trials, or those
that it could lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tuner.results import RunningTrial, Trial, TrialResult
from tuner.runner.reporter import StudyReporter
from tuner.runner.trainers import Trainer
from tuner.search.judged_stages import JudgedStages
from tuner.search.procedure import SearchResult, Step, replay
from tuner.search.pruner import clearly_behind
from tuner.spec.plan import Plan

Outcome = TypeVar("Outcome")

Take = Callable[[], AbstractContextManager[Sequence[Trial]]]
"""Takes trials; inside the context no other process has them."""


class Store(Protocol):
    """Hands out the trials of one study."""

    def in_turn(self, work: Callable[[], Outcome]) -> Outcome | None:
        """Calls `work` while no other process does; None where another one has just replayed."""

    def open(self, step: Step) -> None:
        """Makes the missing trials available to `take`."""

    def take(self) -> AbstractContextManager[Sequence[Trial]]:
        """Trials to train, each with its number; inside the context no other process has them."""

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Stores the results of trials."""


@dataclass(frozen=True)
class StudyRun:
    """One study that is being run by this process.

    Attributes:
        plan: What will be tried.
        reporter: Records judgements; its journal has the results.
        store: Hands out the trials.
        trainer: Returns the prepared trainer; it is called when there is something to train.
        judged: The stages that this process has judged, so that it does so once.
        used: What the latest replay rests on, by number; empty where another process replayed.
    """

    plan: Plan
    reporter: StudyReporter
    store: Store
    trainer: Callable[[], Trainer]
    judged: JudgedStages = field(default_factory=JudgedStages)
    used: dict[int, TrialResult] = field(default_factory=dict)

    def results(self) -> tuple[TrialResult, ...]:
        """All results so far, in the order of their numbers."""
        return self.reporter.journal.results()

    def prune(self, running: Sequence[RunningTrial]) -> Mapping[int, str]:
        """The trials that end early, by number, with the reason.

        What was trained ahead of being asked for does not count: it must change no decision.
        """
        if not self.plan.prune:
            return {}
        known = tuple(self.used.values()) or self.results()
        return clearly_behind(running, known, self.plan.weights)


def run_to_end(study: StudyRun) -> SearchResult:
    """Runs a study until nothing is missing.

    Raises:
        TunerError: The study cannot go on; the text says why.
    """
    while (found := advance(study)) is None:
        train_some(study, study.store.take)
    study.reporter.conclude(found, study.used)
    return found


def advance(study: StudyRun) -> SearchResult | None:
    """Replays the procedure, records what can be judged, and opens what is missing.

    Returns:
        The result of the search; None while trials are missing.

    Raises:
        TrainerError: The start weights cannot be judged.
    """

    def work() -> Step:
        step = replay(study.plan, study.results(), study.judged)
        study.reporter.record(step.judgements)
        study.store.open(step)
        study.used.update((result.trial.number, result) for result in step.used)
        return step

    study.used.clear()
    step = study.store.in_turn(work)
    study.reporter.draw()
    return step.result if step else None


def train_some(study: StudyRun, take: Take) -> bool:
    """Takes and trains trials; whether there were any."""
    with take() as trials:
        if trials:
            study.store.tell(study.trainer().train(trials, study.prune))
    return bool(trials)

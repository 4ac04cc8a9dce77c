"""The loop of a study: replay, record what can be judged, train what is missing.

A run alone, a run in memory and every worker of a shared study use this loop. They differ in
their journal (file, memory, table) and in their store, which hands out everything that is missing
or what it could lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tuner.results import RunningTrial, Trial, TrialResult
from tuner.runner.reporter import StudyReporter
from tuner.runner.trainers import Trainer
from tuner.search.procedure import SearchResult, Step, replay
from tuner.search.pruner import clearly_behind
from tuner.spec.plan import Plan

Outcome = TypeVar("Outcome")

Take = Callable[[], AbstractContextManager[Sequence[Trial]]]
"""Takes trials; while the context lasts no other process has them."""


class Store(Protocol):
    """Hands out the trials of one study."""

    def in_turn(self, work: Callable[[], Outcome]) -> Outcome | None:
        """Works while no other process does; None where another one has replayed since."""

    def open(self, step: Step) -> None:
        """Lets the missing trials be taken."""

    def take(self) -> AbstractContextManager[Sequence[Trial]]:
        """Trials to train, each with its number; inside, no other process has them."""

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Writes down how trials ended."""


@dataclass(frozen=True)
class StudyRun:
    """One study that is being run by this process.

    Attributes:
        plan: What will be tried.
        reporter: Records what can be judged; its journal has the results.
        store: Hands out the trials.
        trainer: Returns the trainer, ready; called when there is something to train.
    """

    plan: Plan
    reporter: StudyReporter
    store: Store
    trainer: Callable[[], Trainer]

    def results(self) -> tuple[TrialResult, ...]:
        """All results by now, in the order of their numbers."""
        return self.reporter.journal.results()

    def prune(self, running: Sequence[RunningTrial]) -> Mapping[int, str]:
        """Which of the trials that are trained together leave, by number, with the reason."""
        if not self.plan.prune:
            return {}
        return clearly_behind(running, self.results(), self.plan.weights)


def run_to_end(study: StudyRun) -> SearchResult:
    """Runs a study until nothing is missing.

    Raises:
        TunerError: It cannot go on; its text says why.
    """
    while (found := advance(study)) is None:
        train_some(study, study.store.take)
    study.reporter.conclude(found)
    return found


def advance(study: StudyRun) -> SearchResult | None:
    """Replays the procedure, records what can be judged, and opens what is missing.

    Returns:
        What the search found; None while trials are missing.

    Raises:
        TrainerError: The start weights cannot be judged.
    """

    def work() -> Step:
        step = replay(study.plan, study.results())
        study.reporter.record(step.judgements)
        study.store.open(step)
        return step

    step = study.store.in_turn(work)
    study.reporter.draw()
    return step.result if step else None


def train_some(study: StudyRun, take: Take) -> bool:
    """Trains the trials that are taken; whether there were any."""
    with take() as trials:
        if trials:
            study.store.tell(study.trainer().train(trials, study.prune))
    return bool(trials)

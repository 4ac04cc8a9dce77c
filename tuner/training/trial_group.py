"""Trains a list of trials together; one trial is a list of one.

All trials advance together from one evaluation of the held-out photos to the next. In the loop, the
numbers of a trial do not depend on the other trials, to the last bit. With the other engines its
score differs by a small share of the noise between seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Lock
from typing import TypeVar

from tuner.results import ON_THE_WAY, Prune, Trial, TrialResult, never_prune
from tuner.results.progress import Activity
from tuner.training.batch_cache import BatchCache
from tuner.training.checkpoints import keep_on_interrupt
from tuner.training.context import TrainingContext
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.trial_run import TrialRun
from tuner.training.worker_threads import WorkerThreads

Item = TypeVar("Item")

EVALUATE_AT = (0.0, *ON_THE_WAY, 1.0)
"""Shares of the steps at which the held-out photos are scored."""


def train_together(
    trials: Sequence[Trial],
    context: TrainingContext,
    on_finished: Callable[[TrialResult], None],
    prune: Prune = never_prune,
) -> list[TrialResult]:
    """Trains all trials and scores each on the held-out photos.

    Args:
        on_finished: Called with every result as soon as it is there, in the thread that scored it.
        prune: Called after each evaluation but the last; names the trials that end there.

    Returns:
        One result for each trial, in the order of `trials`.

    Raises:
        TrainerError: A network to start from diverged.
        StorageError: A network cannot be kept.
    """
    assert len({trial.number for trial in trials}) == len(trials), "each has a number of its own"
    context.warm_starts.make_ready([trial.seed for trial in trials])
    group = TrialGroup(trials, context, on_finished)
    batch_cache = BatchCache(
        context.batches,
        context.terms,
        context.warm_starts.steps,
        context.recipe.trunk,
        context.kept_batches if context.recipe.loss is None else None,  # a user's may change them
    )
    # What the trials have learned is kept where this is interrupted.
    with keep_on_interrupt(group.unfinished), WorkerThreads(context.threads) as workers:
        _score_the_start(group.unfinished(), workers, context)
        for share in EVALUATE_AT[1:]:
            learners = [run.learner for run in group.unfinished()]
            goal, engine = partial(group.goal, share), context.recipe.engine
            learn_together(learners, batch_cache, goal, workers, group.after_step, engine)
            if share < 1.0:
                evaluate = partial(TrialRun.evaluate, share=share)
                _each(group.unfinished(), evaluate, workers, context)
                group.prune(share, prune)
        _each(group.unfinished(), group.finish, workers, context)
    return group.results()


class TrialGroup:
    """The trials that are trained together, and the results of those that ended."""

    def __init__(
        self,
        trials: Sequence[Trial],
        context: TrainingContext,
        on_finished: Callable[[TrialResult], None],
    ) -> None:
        self._context = context
        self._on_finished = on_finished
        self._began = time.monotonic()
        self._runs = {trial.number: TrialRun(trial, context) for trial in trials}
        self._results: dict[int, TrialResult] = {}

    def unfinished(self) -> list[TrialRun]:
        """The trials that have not ended."""
        return [run for number, run in self._runs.items() if number not in self._results]

    def goal(self, share: float, learner: Learner) -> int:
        """The step at which a share of a learner's training is done."""
        return self._runs[learner.trial.number].goal(share)

    def after_step(self, learner: Learner) -> None:
        """Records the loss now and then, and keeps checkpoints."""
        self._runs[learner.trial.number].after_step()

    def prune(self, share: float, prune: Prune) -> None:
        """Ends the trials that are to leave when a share of the training is done."""
        healthy = [run for run in self.unfinished() if not run.learner.problem]
        for number, reason in prune([run.evaluated_until(share) for run in healthy]).items():
            self._end(self._runs[number].pruned(reason, self._seconds()))

    def finish(self, run: TrialRun) -> None:
        """Scores a trial after its last step."""
        run.evaluate(1.0)
        self._end(run.result(self._seconds()))

    def results(self) -> list[TrialResult]:
        """One result for each trial, in the order in which they were given."""
        return [self._results[number] for number in self._runs]

    def _end(self, result: TrialResult) -> None:
        self._results[result.trial.number] = result
        self._on_finished(result)
        self._context.checkpoints.forget(result.trial)

    def _seconds(self) -> float:
        """Each trial's share of the time by now."""
        return (time.monotonic() - self._began) / len(self._runs)


def _each(
    items: Sequence[Item],
    score: Callable[[Item], object],
    workers: WorkerThreads,
    context: TrainingContext,
) -> None:
    """Scores trials side by side, and tells how many are scored."""
    count, counting = 0, Lock()
    context.notify(Activity("scoring", 0, len(items), "trials"))

    def counted(item: Item) -> None:
        nonlocal count
        score(item)
        with counting:
            count += 1
            context.notify(Activity("scoring", count, len(items), "trials"))

    workers.each(items, counted)


def _score_the_start(
    runs: Iterable[TrialRun], workers: WorkerThreads, context: TrainingContext
) -> None:
    """Scores one network of each seed, once in a study: before the first step all are equal."""
    by_seed: dict[int, list[TrialRun]] = {}
    for run in runs:
        if not run.learner.done:
            by_seed.setdefault(run.trial.seed, []).append(run)

    def look(same: list[TrialRun]) -> None:
        seed = same[0].trial.seed
        if seed not in context.starts:
            context.starts[seed] = same[0].score(), same[0].views()
        scores, views = context.starts[seed]
        for run in same:
            run.record_scores(scores)
            run.show(views)

    _each([*by_seed.values()], look, workers, context)

"""Trains a list of trials together; one trial is a list of one.

All trials advance together from one look at the held-out photos to the next. In the loop, the
numbers of a trial do not depend on its company: alone or in a list, to the last bit. By the other
engines its score is the same within a small share of the noise between seeds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from tuner.results import Contender, Prune, Trial, TrialResult
from tuner.training.bench import Bench
from tuner.training.checkpoints import kept_when_interrupted
from tuner.training.crew import Crew
from tuner.training.lessons import Lessons
from tuner.training.lockstep import learn_together
from tuner.training.pupil import Pupil

LOOKS = (0.0, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of the steps at which the held-out photos are scored."""


def everybody_stays(_contenders: Sequence[Contender]) -> Mapping[int, str]:
    """Nobody leaves before the end."""
    return {}


def train_together(
    trials: Sequence[Trial],
    bench: Bench,
    on_finished: Callable[[TrialResult], None],
    prune: Prune = everybody_stays,
) -> list[TrialResult]:
    """Trains all trials and scores each on the held-out photos.

    Args:
        on_finished: Is told about every result as soon as it is there; called from the
            thread that scored it.
        prune: Is asked after each look but the last, and may send trials away.

    Returns:
        One result for each trial, in the order of `trials`.

    Raises:
        TrainerError: A network to start from diverged.
        StorageError: A network cannot be kept.
    """
    assert len({trial.number for trial in trials}) == len(trials), "each has a number of its own"
    bench.starts.make_ready([trial.seed for trial in trials])
    return _Class(trials, bench, on_finished).train(prune)


class _Class:
    """The trials that are trained together, and what came of those that ended."""

    def __init__(
        self, trials: Sequence[Trial], bench: Bench, on_finished: Callable[[TrialResult], None]
    ) -> None:
        self._bench = bench
        self._on_finished = on_finished
        self._began = time.monotonic()
        self._lessons = Lessons(bench.batches, bench.terms, bench.starts.steps)
        self._pupils = {trial.number: Pupil(trial, bench) for trial in trials}
        self._results: dict[int, TrialResult] = {}

    def train(self, prune: Prune) -> list[TrialResult]:
        """Trains all; where that is interrupted, what they learned is kept."""
        with kept_when_interrupted(self._here), Crew(self._bench.threads) as crew:
            _look_at_the_start(self._pupils.values(), crew)
            for share in LOOKS[1:-1]:
                self._learn(share, crew)
                crew.each(self._here(), partial(Pupil.look, share=share))
                self._send_away(share, prune)
            self._learn(1.0, crew)
            crew.each(self._here(), self._finish)
        return [self._results[number] for number in self._pupils]

    def _learn(self, share: float, crew: Crew) -> None:
        learn_together(
            [pupil.learner for pupil in self._here()],
            self._lessons,
            lambda learner: self._pupils[learner.trial.number].goal(share),
            crew,
            lambda learner: self._pupils[learner.trial.number].after_step(),
            self._bench.kit.engine,
        )

    def _send_away(self, share: float, prune: Prune) -> None:
        healthy = [pupil for pupil in self._here() if not pupil.learner.problem]
        contenders = [pupil.contender(share) for pupil in healthy]
        for number, reason in prune(contenders).items():
            self._end(self._pupils[number].pruned(reason, self._seconds()))

    def _finish(self, pupil: Pupil) -> None:
        pupil.look(1.0)
        self._end(pupil.result(self._seconds()))

    def _end(self, result: TrialResult) -> None:
        self._results[result.trial.number] = result
        self._on_finished(result)
        self._bench.checkpoints.forget(result.trial)

    def _here(self) -> list[Pupil]:
        """Those that have not ended."""
        return [pupil for number, pupil in self._pupils.items() if number not in self._results]

    def _seconds(self) -> float:
        """Each trial's share of the time by now."""
        return (time.monotonic() - self._began) / len(self._pupils)


def _look_at_the_start(pupils: Iterable[Pupil], crew: Crew) -> None:
    """Before the first step all networks of a seed are the same, so one of them is looked at."""
    by_seed: dict[int, list[Pupil]] = {}
    for pupil in pupils:
        if not pupil.learner.done:
            by_seed.setdefault(pupil.trial.seed, []).append(pupil)

    def look(same: list[Pupil]) -> None:
        seen = same[0].predict()
        for pupil in same:
            pupil.remember(*seen)

    crew.each(by_seed.values(), look)

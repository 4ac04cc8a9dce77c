"""Networks that learn side by side from the same batches, on all cores.

What depends on the photos alone is computed once per step for all networks of a seed. Whoever
has a core free takes the network that is furthest behind and moves it on by a few steps, so no
core idles before the last steps, whatever the number of networks. A step is computed on one
core, so the numbers of a network that steps by itself do not depend on its company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock

from tuner.color.loss_terms import LossTerms, TargetSide
from tuner.training.crew import Crew
from tuner.training.data import Batch, Batches
from tuner.training.grouping import Group, Grouping, one_by_one
from tuner.training.learner import Learner

AT_A_TIME = 2
"""Steps of a network before it may change cores: few, so that all arrive together."""

_LESSONS_KEPT = 2 * AT_A_TIME  # of each seed: no network falls further behind

Lesson = tuple[Batch, TargetSide]


class Lessons:
    """The batches of all steps with the target side of their loss, each computed once.

    Args:
        first_step: Number of the first batch, above 0 where a training goes on.
    """

    def __init__(self, batches: Batches, terms: LossTerms, first_step: int) -> None:
        self.terms = terms
        self._batches = batches
        self._first_step = first_step
        self._kept: dict[int, dict[int, Future[Lesson]]] = {}
        self._lock = Lock()

    def take(self, seed: int, step: int) -> Lesson:
        """Batch and targets of a step; waits where another thread is computing them."""
        with self._lock:
            kept = self._kept.setdefault(seed, {})
            mine = step not in kept
            lesson = kept.setdefault(step, Future())
            if len(kept) > _LESSONS_KEPT:
                kept.pop(min(kept))
        if mine:
            try:
                batch = self._batches.draw(seed, self._first_step + step)
                lesson.set_result((batch, self.terms.observe(batch.rgb)))
            except BaseException as error:
                lesson.set_exception(error)
                raise
        return lesson.result()


def learn_together(
    learners: Sequence[Learner],
    lessons: Lessons,
    goal: Callable[[Learner], int],
    crew: Crew,
    after_step: Callable[[Learner], None],
    grouped: Grouping = one_by_one,
) -> None:
    """Lets all networks learn up to their goals; those that diverge stay behind.

    Args:
        goal: The number of steps that a network shall have done; the same for those that have
            seed and steps in common.
        after_step: Is told after each step, in the thread that computed it.
        grouped: Which of them do a step together.

    Raises:
        Stopped: Somebody stopped the crew.
    """

    def has_to_learn(learner: Learner) -> bool:
        return not learner.problem and learner.done < goal(learner)

    here = [learner for learner in learners if has_to_learn(learner)]
    waiting = grouped(here, crew.threads)
    taking = Lock()

    def work(_worker: int) -> None:
        while True:
            with taking:
                if not waiting:  # what is left is in other hands
                    return
                group = min(waiting, key=_progress)
                waiting.remove(group)
            for _ in range(AT_A_TIME):
                if not group.learners or not has_to_learn(group.learners[0]):
                    break
                crew.check()
                _step(group, lessons, after_step)
            with taking:
                if group.learners and has_to_learn(group.learners[0]):
                    waiting.append(group)

    crew.each(range(min(crew.threads, len(waiting))), work)


def _step(group: Group, lessons: Lessons, after_step: Callable[[Learner], None]) -> None:
    learners = group.learners
    batch, target = lessons.take(learners[0].trial.seed, learners[0].done)
    group.step(batch, target, lessons.terms)
    for learner in learners:
        after_step(learner)


def _progress(group: Group) -> tuple[float, int]:
    first = group.learners[0]
    return first.done / first.trial.steps, first.trial.seed

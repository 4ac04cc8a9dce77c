"""Trains networks side by side from the same batches, on all cores.

What depends on the photos alone is computed once per step for all networks of a seed. A free thread
takes the group that is furthest behind and trains it for a few steps. In the loop engine every
network is a group, so no core idles before the last steps; in the others groups are formed once. A
step is computed on one core, so the numbers of a network that steps alone do not depend on the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from tuner.spec.trainer import Engine
from tuner.training.batch_cache import KEPT, BatchCache
from tuner.training.groups import GROUPINGS, Group
from tuner.training.learner import Learner
from tuner.training.worker_threads import WorkerThreads

AT_A_TIME = KEPT // 2
"""Steps of a group before another one may take its core: few, so that all end together."""


def learn_together(
    learners: Sequence[Learner],
    batch_cache: BatchCache,
    goal: Callable[[Learner], int],
    workers: WorkerThreads,
    after_step: Callable[[Learner], None],
    engine: Engine = "loop",
) -> None:
    """Trains all networks up to their goals; networks that diverge stop early.

    Args:
        goal: Number of steps that a network has done in the end; the same for all that train
            equally long.
        after_step: Called after each step, in the thread that computed it.
        engine: How networks are grouped.

    Raises:
        Cancelled: The worker threads are being stopped.
    """

    def has_to_learn(learner: Learner) -> bool:
        return not learner.problem and learner.done < goal(learner)

    here = [learner for learner in learners if has_to_learn(learner)]
    waiting = GROUPINGS[engine](here, workers.threads)
    taking = Lock()

    def work(_worker: int) -> None:
        while True:
            with taking:
                if not waiting:  # other threads have the rest
                    return
                group = min(waiting, key=_progress)
                waiting.remove(group)
            for _ in range(AT_A_TIME):
                if not group.learners or not has_to_learn(group.learners[0]):
                    break
                workers.check()
                learners = group.learners
                group.step(batch_cache)
                for learner in learners:
                    after_step(learner)
            with taking:
                if group.learners and has_to_learn(group.learners[0]):
                    waiting.append(group)

    workers.each(range(min(workers.threads, len(waiting))), work)


def _progress(group: Group) -> tuple[float, int]:
    first = group.learners[0]
    return first.done / first.trial.steps, first.trial.seed

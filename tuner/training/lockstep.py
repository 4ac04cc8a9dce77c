"""Networks that learn side by side from the same batches, on all cores.

What depends on the photos alone is computed once per step for all networks of a seed. Whoever
has a core free takes the network, or the group, that is furthest behind and moves it on by a few
steps. In the loop no core idles before the last steps, whatever the number of networks; groups are
shared out once. A step is computed on one core, so the numbers of a network that steps by itself do
not depend on its company.
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
"""Steps of a network before it may change cores: few, so that all arrive together."""


def learn_together(
    learners: Sequence[Learner],
    batch_cache: BatchCache,
    goal: Callable[[Learner], int],
    workers: WorkerThreads,
    after_step: Callable[[Learner], None],
    engine: Engine = "loop",
) -> None:
    """Lets all networks learn up to their goals; those that diverge stay behind.

    Args:
        goal: The number of steps that a network shall have done; the same for all that train
            equally long.
        after_step: Is told after each step, in the thread that computed it.
        engine: How they learn side by side.

    Raises:
        Stopped: Somebody stopped the crew.
    """

    def has_to_learn(learner: Learner) -> bool:
        return not learner.problem and learner.done < goal(learner)

    here = [learner for learner in learners if has_to_learn(learner)]
    waiting = GROUPINGS[engine](here, workers.threads)
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
                workers.check()
                learners, done = group.learners, group.learners[0].done
                seeds = [learner.trial.seed for learner in learners]
                taken = {seed: batch_cache.take(seed, done) for seed in dict.fromkeys(seeds)}
                group.step([taken[seed] for seed in seeds], batch_cache.terms)
                for learner in learners:
                    after_step(learner)
            with taking:
                if group.learners and has_to_learn(group.learners[0]):
                    waiting.append(group)

    workers.each(range(min(workers.threads, len(waiting))), work)


def _progress(group: Group) -> tuple[float, int]:
    first = group.learners[0]
    return first.done / first.trial.steps, first.trial.seed

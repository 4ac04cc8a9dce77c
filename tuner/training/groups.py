"""Groups the networks that do a step together: each alone, or those with equally many steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from tuner.color.loss_weights import components_of
from tuner.guide.weightings import UNSEARCHED
from tuner.spec.trainer import Engine
from tuner.training.batch_cache import BatchCache
from tuner.training.batched_loss import BatchedLossGroup, Predict, predict_one_by_one
from tuner.training.cuda_graph import CudaRecorder, GraphedGroup
from tuner.training.learner import Learner
from tuner.training.recipe import BuiltinNetwork
from tuner.training.vmap import VmapNetworks


class Group(Protocol):
    """Learners that have done the same steps."""

    @property
    def learners(self) -> Sequence[Learner]:
        """The learners that have not diverged."""

    def step(self, batch_cache: BatchCache, /) -> None:
        """Trains each on the next batch of its seed."""


Grouping = Callable[[Sequence[Learner], int], list[Group]]
"""Makes groups of learners, at least one for each of so many threads where possible."""


class SingleLearner:
    """A learner by itself."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    @property
    def learners(self) -> Sequence[Learner]:
        """As `Group` says."""
        return [] if self._learner.problem else [self._learner]

    def step(self, batch_cache: BatchCache) -> None:
        """As `Group` says."""
        taken = batch_cache.take(self._learner.trial.seed, self._learner.done)
        self._learner.step(*taken, batch_cache.terms)


def one_by_one(learners: Sequence[Learner], _threads: int) -> list[Group]:
    """Each learner alone: its numbers do not depend on the others, to the last bit."""
    return [SingleLearner(learner) for learner in learners]


def graphed(learners: Sequence[Learner], threads: int) -> list[Group]:
    """Learners with equally many steps share a group; their steps are recorded and replayed."""
    return _together(learners, threads, _graphed)


def folded(learners: Sequence[Learner], threads: int) -> list[Group]:
    """Learners with equally many steps share a group; their networks run one after the other."""
    return _together(learners, threads, partial(_batched, predict=predict_one_by_one))


def stacked(learners: Sequence[Learner], threads: int) -> list[Group]:
    """Learners with equally many steps share a group; their networks run as one."""
    return _together(learners, threads, partial(_batched, predict=None))


GROUPINGS: Mapping[Engine, Grouping] = {
    "loop": one_by_one,
    "graphed": graphed,
    "folded": folded,
    "stacked": stacked,
}


def _together(
    learners: Sequence[Learner], threads: int, group_of: Callable[[Sequence[Learner]], Group]
) -> list[Group]:
    """Groups learners with equally many steps; those with another loss stay alone."""
    equals: dict[tuple[int, ...], list[Learner]] = {}
    groups: list[Group] = []
    for learner in learners:
        if _has_usual_loss(learner):
            equals.setdefault(_group_key(learner), []).append(learner)
        else:
            groups.append(SingleLearner(learner))
    for alike in equals.values():
        parts = [alike[start::threads] for start in range(min(threads, len(alike)))]
        groups += [group_of(part) for part in parts]
    return groups


def _batched(learners: Sequence[Learner], predict: Predict | None) -> Group:
    """A group with one loss.

    Args:
        predict: Computes the predictions; None runs the networks as one.
    """
    if len(learners) == 1:
        return SingleLearner(learners[0])
    return BatchedLossGroup(learners, predict or VmapNetworks(learners[0].model))


def _graphed(learners: Sequence[Learner]) -> Group:
    return GraphedGroup(learners, CudaRecorder(learners[0].device))


def _group_key(learner: Learner) -> tuple[int, ...]:
    """The key that learners of one group have in common.

    The user's own network may hold tensors that are no parameters and are drawn from its seed;
    networks that are computed as one share them.
    """
    trial = learner.trial
    alike = isinstance(learner.network, BuiltinNetwork) or learner.engine != "stacked"
    seed = [] if alike else [trial.seed]
    return trial.steps, learner.done, *seed


def _has_usual_loss(learner: Learner) -> bool:
    trial = learner.trial
    weighted = any(trial.weights.get(weight) for weight in components_of(trial.weights).values())
    return weighted and trial.rival not in UNSEARCHED

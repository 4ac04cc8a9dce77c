"""Groups the networks that do a step together: each alone, or those with equally many steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tuner.color.loss_terms import LossTerms
from tuner.color.loss_weights import components_of
from tuner.results import UNSEARCHED
from tuner.spec.trainer import Engine, Precision
from tuner.training.batch_cache import SharedBatch
from tuner.training.batched_loss import BatchedLossGroup, Predict, predict_one_by_one
from tuner.training.learner import Learner
from tuner.training.recipe import BuiltinNetwork, Recipe
from tuner.training.vmap import VmapNetworks


class Group(Protocol):
    """Learners that have done the same steps."""

    @property
    def learners(self) -> Sequence[Learner]:
        """The learners that have not diverged."""

    def step(self, shared: Sequence[SharedBatch], terms: LossTerms, /) -> None:
        """Trains each on its batch; learners of one seed have the same batch."""


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

    def step(self, shared: Sequence[SharedBatch], terms: LossTerms) -> None:
        """As `Group` says."""
        self._learner.step(*shared[0], terms)


def one_by_one(learners: Sequence[Learner], _threads: int) -> list[Group]:
    """Each learner alone: its numbers do not depend on the others, to the last bit."""
    return [SingleLearner(learner) for learner in learners]


def folded(learners: Sequence[Learner], threads: int) -> list[Group]:
    """Learners with equally many steps share a group; their networks run one after the other."""
    return _together(learners, threads, predict_one_by_one)


def stacked(learners: Sequence[Learner], threads: int) -> list[Group]:
    """Learners with equally many steps share a group; their networks run as one."""
    return _together(learners, threads, None)


GROUPINGS: Mapping[Engine, Grouping] = {
    "loop": one_by_one,
    "folded": folded,
    "stacked": stacked,
}


def obstacle(engine: Engine, recipe: Recipe, precision: Precision) -> str:
    """Why an engine cannot train these networks; empty where no reason is known."""
    if engine == "loop":
        return ""
    if recipe.loss is not None:
        return "their loss is your own"
    if recipe.draws:
        return "they draw random numbers as they learn"
    if engine == "stacked" and precision != "float32":
        return "autocast to 16 bits has no effect on them"
    if engine == "stacked" and any(True for _ in recipe.network.build(0).buffers()):
        return "they have buffers, as batch norm has for its statistics"
    return ""


def _together(learners: Sequence[Learner], threads: int, predict: Predict | None) -> list[Group]:
    """Groups learners with equally many steps; those with another loss stay alone.

    Args:
        predict: Computes the predictions of a group; None runs its networks as one.
    """
    equals: dict[tuple[int, ...], list[Learner]] = {}
    groups: list[Group] = []
    for learner in learners:
        if _has_usual_loss(learner):
            equals.setdefault(_group_key(learner, stacked=predict is None), []).append(learner)
        else:
            groups.append(SingleLearner(learner))
    for some in equals.values():
        parts = [some[start::threads] for start in range(min(threads, len(some)))]
        groups += [
            BatchedLossGroup(part, predict or VmapNetworks(part[0].model))
            if len(part) > 1
            else SingleLearner(part[0])
            for part in parts
        ]
    return groups


def _group_key(learner: Learner, *, stacked: bool) -> tuple[int, ...]:
    """The key that learners of one group have in common.

    The user's own network may hold tensors that are no parameters and are drawn from its seed;
    networks that are computed as one share them.
    """
    trial = learner.trial
    seed = [] if isinstance(learner.network, BuiltinNetwork) or not stacked else [trial.seed]
    return trial.steps, learner.done, *seed


def _has_usual_loss(learner: Learner) -> bool:
    trial = learner.trial
    weighted = any(trial.weights.get(weight) for weight in components_of(trial.weights).values())
    return weighted and trial.rival not in UNSEARCHED

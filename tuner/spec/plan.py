"""What will be tried: a study turned into stages and seeds.

A plan is known before anything is trained, because one weight is moved at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from tuner.errors import StudyFileError
from tuner.guide.roles import Role
from tuner.results import Guardrail, Trial
from tuner.spec.bounds import bounds_of
from tuner.spec.going_on import combined_trials, further_stages, narrower, parts_of
from tuner.spec.parsing.rules import broken_rules
from tuner.spec.rivals import Rival, challenger_of, rivals_of
from tuner.spec.stage_plan import StagePlan
from tuner.spec.study import LearnedSpec, StudySpec
from tuner.wording import dotted

EXTENSIONS_AT_MOST = 2
"""How often a stage may be extended beyond its outermost value."""

COMBINED_AT_ONCE = 2
"""Combined trials that are trained together. More of them cannot use each other's results; a
single one leaves cores idle."""

ABLATIONS_A_SEED = 3
"""Sets of weights, some of them reset to the start, that are trained on each deciding seed."""

SEEDS_OF_A_STUDY = 1000
CONFIRMATION_STARTS_AT = 101
FINALISTS_START_AT = 901
QUARTERS = 4
FEWEST_SEEDS = 3
"""Before two sets of weights are looked at: two differences say next to nothing about noise."""


@dataclass(frozen=True)
class Plan:
    """Everything that the search needs to know; nothing about photos or networks.

    Attributes:
        stages: The stages of all cycles, in order.
        combination: How many trials may move several weights at once after the stages.
        confirm_steps: Optimizer steps of the trainings of the confirmation.
        rivals: What the result is compared with, on the seeds of the confirmation; not counted in
            `max_trials`.
        learned_color: Slope of the predicted on the true a and b that the baseline has to reach.
        prune: Whether a trial that is clearly behind ends early.
        looks: After how many fresh seeds the claim is looked at, ascending. That of a search is
            looked at after `confirm_seeds`, and once more if asked and if the budget reaches.
        extensions: How many seeds were added to the claim after that, each time.
        margin: A difference that does not count.
        candidates: How many sets of weights are trained as long as the claim, to choose from.
        finalist_seeds: On which they are; no other training has these seeds.
        challenger: A second set of weights, which is compared with the start weights in place of
            a search.
        start_name: What the start weights are called.
        roles: Parts that the weights of the user's own loss play; None for the built-in loss.
        earlier: The plan of a finished study that goes on with this one; `stages`, `combination`,
            `max_trials` and `confirm_seeds` are those of the new part alone.
        learned: What the surface begins with, of another study.
        guardrails: Numbers that must not become worse by more than allowed.
    """

    study: str
    weights: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]
    stages: tuple[StagePlan, ...]
    combination: int
    steps: int
    confirm_steps: int
    baseline_seeds: tuple[int, ...]
    decide_seeds: tuple[int, ...]
    confirm_seeds: tuple[int, ...]
    max_trials: int
    learned_color: float
    prune: bool = True
    rivals: tuple[Rival, ...] = ()
    looks: tuple[int, ...] = ()
    extensions: tuple[int, ...] = ()
    margin: float = 0.0
    candidates: int = 1
    finalist_seeds: tuple[int, ...] = ()
    challenger: Rival | None = None
    start_name: str = "start weights"
    roles: Mapping[str, Role] | None = None
    earlier: Plan | None = None
    learned: LearnedSpec | None = None
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def steps_before(self) -> int:
        """The number of the last step before the study went on; 0 where it has not."""
        return self.earlier.confirmation_number if self.earlier else 0

    @property
    def combination_number(self) -> int:
        """The number of the step after the stages."""
        return self.steps_before + len(self.stages) + 1

    @property
    def confirmation_number(self) -> int:
        """The number of the step after the combination, or after the stages without one."""
        return self.combination_number + (1 if self.combination else 0)

    @property
    def all_trials_at_most(self) -> int:
        """Trainings that all parts may have had, beside what was compared."""
        return sum(part.max_trials + part.extension_trials for part in self.parts)

    @property
    def all_stages(self) -> tuple[StagePlan, ...]:
        """The stages of this part and of all before."""
        return (*(self.earlier.all_stages if self.earlier else ()), *self.stages)

    @property
    def parts(self) -> tuple[Plan, ...]:
        """The plans of all parts, this one last."""
        return (*(self.earlier.parts if self.earlier else ()), self)

    @property
    def confirmation_trials(self) -> int:
        """Trainings of the confirmation: both sets of weights on every fresh seed."""
        return 2 * len(self.confirm_seeds)

    @property
    def finalist_trials(self) -> int:
        """Trainings of the choice before the confirmation."""
        return self.candidates * len(self.finalist_seeds)

    @property
    def reserved_trials(self) -> int:
        """Trainings of `max_trials` that the search leaves to the end of the study."""
        return self.finalist_trials + self.confirmation_trials

    @property
    def extension_trials(self) -> int:
        """Trainings on the seeds that were added; not counted in `max_trials`."""
        return 2 * sum(self.extensions)

    @property
    def second_look_trials(self) -> int:
        """Trainings of `max_trials` that a second look takes, where the first leaves it open."""
        return 2 * (self.looks[-1] - len(self.confirm_seeds))

    def claim_seeds(self, number: int) -> tuple[int, ...]:
        """The first fresh seeds, those of extensions included."""
        first = self.confirm_seeds[0]
        return tuple(range(first, first + number))

    def within(self, weights: Mapping[str, float]) -> dict[str, float]:
        """The nearest weights within the bounds."""
        return {
            name: min(max(value, self.bounds[name][0]), self.bounds[name][1])
            for name, value in weights.items()
        }

    def trials_of(self, weights: Mapping[str, float], seeds: tuple[int, ...]) -> list[Trial]:
        """Trials of one set of weights, one for each seed, with the role `baseline`."""
        return [
            Trial(weights=dict(weights), seed=seed, steps=self.steps, role="baseline")
            for seed in seeds
        ]


def make_plan(spec: StudySpec) -> Plan:
    """Makes the plan of a study.

    Raises:
        StudyFileError: The parts of the study contradict each other, or its repeats or its
            budget allow no result.
    """
    _refuse(spec, [f"{dotted(rule.keys)}: {rule.text}" for rule in broken_rules(_plain(spec))])
    first = spec.seed * SEEDS_OF_A_STUDY + 1
    before = parts_of(spec)[-2] if spec.earlier else None
    earlier = make_plan(before) if before else None
    fresh = spec.seed * SEEDS_OF_A_STUDY + CONFIRMATION_STARTS_AT
    fresh += sum(part.looks[-1] + sum(part.extensions) for part in _parts(earlier))
    bounds = {name: bounds_of(spec, name) for name in spec.weights}
    cycles = narrower(spec, spec.cycles - 1)
    asked = further_stages(before, spec) if before else (*spec.stages, *cycles)
    plan = Plan(
        study=spec.study,
        weights=dict(spec.weights),
        bounds=bounds,
        stages=tuple(
            StagePlan(number, stage, *bounds[stage.vary])
            for number, stage in enumerate(
                asked, start=earlier.confirmation_number + 1 if earlier else 1
            )
        ),
        combination=combined_trials(before, spec) if before else spec.combination,
        steps=spec.trainer.steps,
        confirm_steps=spec.confirm.steps or spec.trainer.steps,
        baseline_seeds=_range(first, 0 if spec.challenger else spec.repeats.baseline),
        decide_seeds=_range(first, spec.repeats.decide),
        confirm_seeds=_range(fresh, spec.repeats.confirm),
        max_trials=spec.budget.max_trials,
        learned_color=spec.guardrails.learned_color,
        prune=spec.prune,
        rivals=tuple(rivals_of(spec)),
        looks=_looks(spec),
        extensions=spec.confirm.extensions,
        margin=spec.confirm.margin or 0.0,
        candidates=spec.confirm.candidates,
        finalist_seeds=_finalist_seeds(spec),
        challenger=challenger_of(spec),
        start_name=spec.challenger.against if spec.challenger else "start weights",
        roles=spec.own_roles,
        earlier=earlier,
        learned=spec.learned,
        guardrails=spec.guardrails.guarded,
    )
    _refuse(spec, _hopeless(spec, plan))
    return plan


def _parts(plan: Plan | None) -> tuple[Plan, ...]:
    return plan.parts if plan else ()


def _range(first: int, number: int) -> tuple[int, ...]:
    return tuple(range(first, first + number))


def _finalist_seeds(spec: StudySpec) -> tuple[int, ...]:
    if spec.challenger is not None or spec.confirm.candidates == 1:
        return ()
    return _range(spec.seed * SEEDS_OF_A_STUDY + FINALISTS_START_AT, spec.repeats.decide)


def _looks(spec: StudySpec) -> tuple[int, ...]:
    """After how many seeds the claim is looked at: of two sets of weights four times.

    The claim of a study that went on has a level for one look.
    """
    seeds = spec.repeats.confirm
    if spec.challenger is None:
        looks = 1 if spec.earlier else spec.confirm.looks
        return tuple(seeds * look for look in range(1, looks + 1))
    quarters = (ceil(seeds * part / QUARTERS) for part in range(1, QUARTERS + 1))
    return tuple(sorted({min(seeds, max(FEWEST_SEEDS, each)) for each in quarters}))


def _plain(spec: StudySpec) -> dict[str, Any]:
    return spec.model_dump(mode="json", exclude_none=True)


def _hopeless(spec: StudySpec, plan: Plan) -> list[str]:
    if spec.challenger is not None:
        return []
    mistakes = []
    if spec.repeats.baseline == 1 and spec.repeats.decide == 1:
        mistakes.append(
            "repeats: baseline 1 and decide 1 leave the noise unknown, so that nothing could be "
            "judged (give one of them at least 2 seeds)"
        )
    needed = len(plan.baseline_seeds) + plan.reserved_trials + 1
    if plan.max_trials < needed:
        mistakes.append(
            f"budget.max_trials: {plan.max_trials} leaves nothing to try: "
            f"{len(plan.baseline_seeds)} for the baseline, {plan.reserved_trials} for the "
            f"confirmation, and at least 1 (allowed: {needed} or more)"
        )
    return mistakes


def _refuse(spec: StudySpec, mistakes: Sequence[str]) -> None:
    if mistakes:
        raise StudyFileError(tuple(f"{spec.study}: {mistake}" for mistake in mistakes))

"""The least and the most trainings that a plan can take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tuner.spec.plan import ABLATIONS_A_SEED, COMBINED_AT_ONCE, EXTENSIONS_AT_MOST, Plan
from tuner.spec.stage_plan import StagePlan

NOWHERE = -1.0
"""Stands for a weight that an earlier stage may have moved; no stage has this value."""


@dataclass(frozen=True)
class CountedRound:
    """Trainings that are requested together."""

    trials: int
    steps: int


@dataclass(frozen=True)
class TrialCount:
    """Trainings of a whole study, in the rounds in which they are requested."""

    rounds: tuple[CountedRound, ...]

    @property
    def trials(self) -> int:
        """The number of all trainings."""
        return sum(each.trials for each in self.rounds)


def least(plan: Plan) -> TrialCount:
    """The count where no stage repeats anything, and nothing is combined or confirmed."""
    if plan.challenger is not None:
        return TrialCount((CountedRound(2 * plan.looks[0], plan.confirm_steps),))
    seen: set[tuple[str, float]] = set()
    stages = []
    for stage in plan.stages:
        values = {(stage.varied, v) for v in stage.candidates(plan.weights[stage.varied])}
        stages.append(len(values - seen))
        seen |= values
    room = plan.max_trials - plan.reserved_trials
    searching = _within(room, _rounds(plan, (baselines(plan), *stages)))
    return TrialCount((*searching, *_beside(plan)))


def most(plan: Plan) -> TrialCount:
    """The count where every stage is extended and repeats, and all is combined and confirmed."""
    confirming = CountedRound(plan.confirmation_trials + plan.extension_trials, plan.confirm_steps)
    if plan.challenger is not None:
        return TrialCount((confirming,))
    repeats, missing = len(plan.decide_seeds) - 1, first_repeats(plan)
    trials = [baselines(plan)]
    for stage in plan.stages:
        trials += [values_at_most(stage), *([1] * extensions(stage)), repeats + missing]
        missing = 0  # the start's missing seeds are trained once
    if plan.combination:
        pairs, rest = divmod(plan.combination, COMBINED_AT_ONCE)
        trials += [*([COMBINED_AT_ONCE] * pairs), rest, repeats]
    trials += ablations(plan)
    # A budget that is too small shortens the search, never the confirmation.
    searching = _within(plan.max_trials - plan.reserved_trials, _rounds(plan, trials))
    choosing = _rounds_of(plan.finalist_trials, plan.confirm_steps)
    rounds = (*searching, *choosing, confirming)
    left = max(0, plan.max_trials + plan.extension_trials - TrialCount(rounds).trials)
    again = _rounds_of(min(left, plan.second_look_trials), plan.confirm_steps)
    return TrialCount((*rounds, *again, *_beside(plan)))


def baselines(plan: Plan) -> int:
    """Trainings of the baseline, those before the study went on left out."""
    known = plan.earlier.baseline_seeds if plan.earlier else ()
    return len({*plan.baseline_seeds} - {*known})


def first_repeats(plan: Plan) -> int:
    """Trainings that the first verdict needs of the weights that it compares with."""
    return len(plan.decide_seeds) if plan.earlier else start_repeats(plan)


def start_repeats(plan: Plan) -> int:
    """Trainings of the start weights that the first verdict needs besides the baseline."""
    return len({*plan.decide_seeds} - {*plan.baseline_seeds})


def ablations(plan: Plan) -> list[int]:
    """Trainings that show which moved weights matter: for each seed, and one of the outcome."""
    several = len({stage.varied for stage in plan.stages}) > 1
    return [*([ABLATIONS_A_SEED if several else 1] * len(plan.decide_seeds)), 1]


def extensions(stage: StagePlan) -> int:
    """How often a stage may be extended."""
    return EXTENSIONS_AT_MOST if stage.asked.extend else 0


def values_at_most(stage: StagePlan) -> int:
    """The most values that a stage can try, wherever the weight stands by then."""
    return len(stage.asked.values or stage.asked.times or stage.candidates(NOWHERE))


def _rounds(plan: Plan, trials: Iterable[int]) -> list[CountedRound]:
    return [each for number in trials for each in _rounds_of(number, plan.steps)]


def _rounds_of(trials: int, steps: int) -> list[CountedRound]:
    return [CountedRound(trials, steps)] if trials else []


def _beside(plan: Plan) -> list[CountedRound]:
    """The trainings of presets and other weightings that the result is compared with."""
    seeds = len(plan.confirm_seeds)
    return [CountedRound(seeds * len(plan.rivals), plan.confirm_steps)] if plan.rivals else []


def _within(trials: int, rounds: Iterable[CountedRound]) -> tuple[CountedRound, ...]:
    """The rounds, up to this number of trials."""
    cut: list[CountedRound] = []
    for each in rounds:
        left = trials - sum(before.trials for before in cut)
        if left > 0:
            cut.append(CountedRound(min(each.trials, left), each.steps))
    return tuple(cut)

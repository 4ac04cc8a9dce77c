"""A whole study, as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tuner.guide.roles import Role
from tuner.guide.weightings import Unsearched
from tuner.spec.base import Positive, SpecPart, Weight, Word, tidy
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec, RepeatsSpec
from tuner.spec.stage import StageSpec
from tuner.spec.trainer import TrainerSpec

ComparisonName = Literal["presets", Unsearched]
"""What a study may be compared with: the guide's presets, and weightings without a search."""


class DataSpec(SpecPart):
    """Which photos are trained on, and which are held out for scoring."""

    photos: str = Field("sample", description="'sample', or a folder of color photos")
    holdout: Annotated[float, Field(gt=0, lt=1)] | str = Field(
        0.2, description="share of the photos that is never trained on, or a folder of its own"
    )
    vault: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the photos, or of the holdout folder, that is first scored by the "
        "claim and decides it",
    )
    image_size: int = Field(128, ge=32, le=1024, description="side of a square crop, in pixels")
    cells: int = Field(
        5, ge=2, le=20, description="along the short side, where few photos are cut into a grid"
    )
    surroundings: int = Field(
        0, ge=0, le=512, description="gray pixels around a held-out square that are seen as well"
    )


class ConfirmSpec(SpecPart):
    """How the final claim is trained, where not as everything else."""

    steps: int | None = Field(None, ge=1, description="longer than trainer.steps; as those")
    candidates: int = Field(
        1, ge=1, le=3, description="sets of weights that are trained that long, to choose from"
    )
    margin: Positive | None = Field(
        None, description="a difference of the score that does not count; none"
    )
    looks: int = Field(
        1, ge=1, le=2,
        description="2: as many fresh seeds again where the first ones leave the claim open",
    )  # fmt: skip
    extensions: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        (), description="seeds added to a finished study, each time; tuner run --confirm does so"
    )


class ChallengerSpec(SpecPart):
    """A second set of weights: the study has no stages, and makes the claim alone."""

    weights: Mapping[str, Weight] = Field(min_length=1, description="all weights, by name")
    name: str = Field("B", min_length=1, description="what it is called")
    against: str = Field("A", min_length=1, description="what the weights of the study are called")


class FittedSpec(SpecPart):
    """What is left of a study that fits into its hours; recorded, so that it can go on."""

    values: int = Field(ge=1, description="the most values of a stage")
    cycles: int = Field(ge=1, description="as cycles")
    compare: bool = Field(description="whether anything is compared with the result")
    combination: int = Field(ge=0, description="as combination")
    decide: int = Field(ge=1, description="as repeats.decide")
    confirm: int = Field(ge=1, description="as repeats.confirm")
    looks: int = Field(1, ge=1, le=2, description="as confirm.looks")
    steps: int = Field(ge=1, description="as trainer.steps")


Bounds = Mapping[str, tuple[Weight, Annotated[Positive, AfterValidator(tidy)]]]


class EarlierSpec(SpecPart):
    """What a study asked for before it went on; recorded, so that what it decided stays true."""

    stages: tuple[StageSpec, ...] = Field(description="as stages")
    cycles: int = Field(ge=1, description="as cycles")
    combination: int = Field(ge=0, description="as combination")
    repeats: RepeatsSpec = Field(description="as repeats")
    bounds: Bounds = Field(description="as bounds")
    max_trials: int = Field(ge=1, description="as budget.max_trials")
    extensions: tuple[int, ...] = Field(description="as confirm.extensions")


class PriorResultSpec(SpecPart):
    """A training of another study, by the weights that this one varies."""

    weights: Mapping[str, Weight] = Field(description="by name")
    seed: int = Field(description="of the training")
    score: float = Field(allow_inf_nan=False, description="lower is better")


class LearnedSpec(SpecPart):
    """What another study had learned when this one began; recorded, so that it stays the same."""

    study: str = Field(description="its name")
    uid: str = Field(description="its unique id")
    noise: Positive = Field(description="standard deviation of one of its trainings")
    results: tuple[PriorResultSpec, ...] = Field(description="its trainings")


class BudgetSpec(SpecPart):
    """Where a study has to stop."""

    max_trials: int = Field(60, ge=1, description="trainings, repeats and confirmation included")
    hours: Positive | None = Field(
        None, description="plans what fits: fewer values, seeds and steps, told before it starts"
    )
    fitted: FittedSpec | None = Field(None, description="written into the record; not given")


class StudySpec(SpecPart):
    """A whole study, as asked for."""

    study: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="the name, as --study takes it"
    )
    symptom: str = Field("", description="what is wrong with the colors today, in your words")
    data: DataSpec = DataSpec()
    trainer: TrainerSpec = TrainerSpec()
    weights: Mapping[str, Weight] = Field(
        min_length=1, description="what you train with today, by name, or the name of a preset"
    )
    roles: Mapping[str, Role] = Field(
        default_factory=dict,
        description="which part of the guide's loss a weight of yours plays, such as l1: ab",
    )
    stages: tuple[StageSpec, ...] = Field(description="in this order, one weight each")
    challenger: ChallengerSpec | None = Field(
        None, description="weights to compare with, in place of stages; tuner compare does so"
    )
    objective: ObjectiveSpec = ObjectiveSpec()
    cycles: int = Field(1, ge=1, le=5, description="how often the stages are gone through")
    combination: int = Field(
        6, ge=0, le=100, description="trials that move several weights at once, after the stages"
    )
    prune: bool = Field(True, description="trials that are clearly behind leave before their end")
    repeats: RepeatsSpec = RepeatsSpec()
    confirm: ConfirmSpec = ConfirmSpec()
    compare: tuple[ComparisonName, ...] = Field(
        (), description="what to train beside the result, on the seeds of the claim"
    )
    guardrails: GuardrailsSpec = GuardrailsSpec()
    budget: BudgetSpec = BudgetSpec()
    warm_start: str | None = Field(
        None, min_length=1, description="another study, whose trainings the surface begins with"
    )
    learned: LearnedSpec | None = Field(
        None, description="those trainings; written into the record, not given"
    )
    earlier: tuple[EarlierSpec, ...] = Field(
        (), description="what it asked for before it went on; written into the record, not given"
    )
    bounds: Bounds = Field(
        default_factory=dict, description="lowest and highest value of a weight, where it matters"
    )
    seed: int = Field(0, ge=0, le=2**31, description="moves all seeds of the study")
    quick: Mapping[str, Word | bool | tuple[Word | bool, ...]] = Field(
        default_factory=dict,
        description="dotted keys that --quick changes in this study, beyond the preset",
    )
    preset: Literal["quick"] | None = Field(None, description="set by --quick")

    @property
    def own_roles(self) -> Mapping[str, Role] | None:
        """The parts that weights of the user's own loss play; None for the built-in loss."""
        own = self.trainer.kind != "builtin" or self.trainer.loss is not None
        return self.roles if own else None

    @model_validator(mode="after")
    def _something_to_try(self) -> StudySpec:
        if not self.stages and self.challenger is None:
            raise ValueError("'stages' is empty, expected a list with at least one entry")
        return self

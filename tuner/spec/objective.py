"""How trials are judged: the score, what a trial must not do, and on how many seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from tuner.results import Guardrail
from tuner.results.score_unit import ScoreUnit
from tuner.spec.base import NotNegative, PerceptualNet, SpecPart

Reaction = Literal["reject", "warn", "off"]


class TermSpec(SpecPart):
    """How much a term of the score counts."""

    importance: NotNegative = Field(1.0, description="factor on the term; 0 leaves it out")


class LpipsSpec(TermSpec):
    """The LPIPS term of the score."""

    net: PerceptualNet = Field("squeeze", description="not the net that is trained with")
    trunk: str = Field("auto", description="'auto', 'packaged', 'random', or a torchvision file")


class ObjectiveSpec(SpecPart):
    """The score that every trial gets; lower is better.

    A metric that is to be maximized is a score with its sign turned.
    """

    version: Literal["auto", 1, 2] = Field(
        "auto", description="of the score; auto: the newest, or the one that a study began with"
    )
    lpips: LpipsSpec = LpipsSpec()
    structure: TermSpec = TermSpec()
    colorfulness: TermSpec = TermSpec()
    cast: TermSpec = TermSpec()
    lightness: TermSpec = TermSpec(importance=0.0)
    metric: str | None = Field(
        None, min_length=1, description="a number of your own script, instead of the photos' score"
    )
    direction: Literal["minimize", "maximize"] = Field(
        "minimize", description="which way that number is better"
    )

    @property
    def unit(self) -> ScoreUnit:
        """What the score stands for."""
        return ScoreUnit.of({"objective": {"metric": self.metric, "direction": self.direction}})

    @model_validator(mode="after")
    def _something_counts(self) -> ObjectiveSpec:
        color = [self.lpips, self.colorfulness, self.cast]
        if self.version != 1:
            color.append(self.structure)
        if not any(term.importance for term in color):
            raise ValueError("at least one importance of a term of color has to be above 0")
        return self


class RepeatsSpec(SpecPart):
    """On how many seeds the deciding trainings are repeated."""

    baseline: int = Field(3, ge=1, le=50, description="trainings of the start weights")
    decide: int = Field(3, ge=1, le=50, description="seeds on which a stage's best is judged")
    confirm: int = Field(5, ge=1, le=50, description="fresh seeds for the final claim")


class GuardedSpec(SpecPart):
    """How far a number may become worse than with the start weights."""

    may_fall: NotNegative | None = Field(None, description="in its own unit, such as 0.1")
    may_rise: NotNegative | None = Field(None, description="in its own unit")

    def of(self, name: str) -> Iterator[Guardrail]:
        """The guardrails of a number, one for each direction."""
        if self.may_fall is not None:
            yield Guardrail(name, "fall", self.may_fall)
        if self.may_rise is not None:
            yield Guardrail(name, "rise", self.may_rise)

    @model_validator(mode="after")
    def _one_way_is_worse(self) -> GuardedSpec:
        if self.may_fall is None and self.may_rise is None:
            raise ValueError("expected 'may_fall' or 'may_rise': how far it may become worse")
        return self


class GuardrailsSpec(SpecPart):
    """What happens to a trial that wins by a trick."""

    golden_rule: Literal["warn", "off"] = Field(
        "warn", description="the weighted AB loss is 2 to 4 times the perceptual one"
    )
    color_noise: Reaction = Field("reject", description="specks of color that are in no photo")
    brightness_drift: Reaction = Field("reject", description="lighter or darker than the photos")
    learned_color: float = Field(
        0.2, ge=0, le=1,
        description="slope of predicted on true ab that the start weights have to reach; 0: any",
    )  # fmt: skip
    metrics: Mapping[str, GuardedSpec] = Field(
        default_factory=dict,
        description="other numbers of a training, each with how far it may become worse, such as "
        "psnr: {may_fall: 0.1}",
    )

    @property
    def guarded(self) -> tuple[Guardrail, ...]:
        """The numbers of `metrics`, one guardrail for each direction."""
        return tuple(
            guardrail for name, asked in self.metrics.items() for guardrail in asked.of(name)
        )

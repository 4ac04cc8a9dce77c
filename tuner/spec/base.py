"""The base class of all parts of a study."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PerceptualNet = Literal["alex", "vgg", "squeeze"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def tidy(value: float) -> float:
    """A number, such as the value of a weight, rounded to six significant digits."""
    return float(f"{value:.6g}")


Weight = Annotated[NotNegative, AfterValidator(tidy)]
Word = str | int | float
"""One word of a command, or one value in a file; it may have fields in braces."""


class SpecPart(BaseModel):
    """Base of all parts of a study: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

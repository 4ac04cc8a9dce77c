"""One stage of a study."""

from __future__ import annotations

from pydantic import Field, model_validator

from tuner.spec.base import NotNegative, Positive, SpecPart

VALUES_AT_MOST = 100
"""The most values of one stage; a range with more is probably a typing error."""


class StageSpec(SpecPart):
    """One weight, and the values it is tried at.

    Exactly one of `values`, `min/max/step` and `times` is given.
    """

    vary: str = Field(description="one of the weights")
    values: tuple[NotNegative, ...] | None = Field(
        None, min_length=1, description="what it is tried at"
    )
    min: NotNegative | None = Field(None, description="first value of a range")
    max: NotNegative | None = Field(None, description="last value of a range")
    step: Positive | None = Field(None, description="from one value of a range to the next")
    times: tuple[Positive, ...] | None = Field(
        None, min_length=1, description="factors on the best value so far"
    )
    because: str = Field("", description="the reason, as it is told with the result")
    extend: bool = Field(True, description="go on where the best value is at an edge")

    @property
    def listed(self) -> tuple[float, ...]:
        """The values of `values` or of the range, ascending; none where factors are given."""
        if self.min is None or self.max is None or self.step is None:
            return tuple(sorted(self.values or ()))
        count = int((self.max - self.min) / self.step + 1e-9)
        return tuple(self.min + self.step * number for number in range(count + 1))

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> StageSpec:
        ranged = [self.min, self.max, self.step]
        ways = [self.values is not None, any(x is not None for x in ranged), self.times is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of 'values', 'min/max/step' and 'times'")
        if ways[1]:
            if self.min is None or self.max is None or self.step is None:
                raise ValueError("'min', 'max' and 'step' belong together")
            if self.max < self.min:
                raise ValueError(f"'max' ({self.max:g}) is below 'min' ({self.min:g})")
            if (self.max - self.min) / self.step > VALUES_AT_MOST:
                raise ValueError(f"'step' asks for more than {VALUES_AT_MOST} values")
        return self

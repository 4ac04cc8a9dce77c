"""A guardrail: a second number of a training that must not become worse by more than allowed.

The weights are compared with the start weights, in the number's own unit and sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tuner.results.trial import Record

Way = Literal["fall", "rise"]

ARITHMETIC = 1e-9
"""Part of a number below which a difference is rounding."""


@dataclass(frozen=True)
class Guardrail:
    """What is asked for.

    Attributes:
        metric: The name of the number.
        way: In which direction it becomes worse.
        margin: How far it may move that way, 0 or more, in its own unit.
    """

    metric: str
    way: Way
    margin: float

    @property
    def sign(self) -> int:
        """The number times this is lower when it is better."""
        return -1 if self.way == "fall" else 1

    @property
    def told(self) -> str:
        """What is allowed: `psnr may fall by 0.1`; `psnr must not fall` with a margin of 0."""
        if not self.margin:
            return f"{self.metric} must not {self.way}"
        return f"{self.metric} may {self.way} by {self.margin:g}"


class RefusedBetter(Record):
    """How many sets of weights a guardrail refused although they scored better than the start.

    Attributes:
        guardrail: A guarded number, or one of the built-in guardrails such as `color noise`.
        sets: Of weights, 1 or more.
    """

    guardrail: str
    sets: int


class GuardrailCheck(Record):
    """A guarded number of some weights beside that of the start weights, on equal seeds.

    Attributes:
        metric: The name of the number.
        way: In which direction it becomes worse.
        margin: How far it may move that way.
        before: Mean of the start weights.
        after: Mean of the weights.
        moved: How far it has moved that way, the mean over the seeds; below 0 it is better.
        low: Lower end of the interval of `moved`; None where there is none.
        high: Upper end.
        reserve: Part of the margin that a step keeps for the noise of the claim.
    """

    metric: str
    way: Way
    margin: float
    before: float
    after: float
    moved: float
    low: float | None = None
    high: float | None = None
    reserve: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether the mean has moved farther than allowed, the reserve left out."""
        return self.moved > self._most - self.reserve

    @property
    def shown(self) -> bool:
        """Whether the whole interval lies within what is allowed: the number is not inferior.

        A confidence interval that ends before the margin shows non-inferiority; see G. Piaggio and
        others, "Reporting of noninferiority and equivalence randomized trials", JAMA 308, 2012.
        """
        return self.high is not None and self.high <= self._most

    @property
    def surely_broken(self) -> bool:
        """Whether the whole interval lies beyond what is allowed."""
        return self.low is not None and self.low > self._most

    @property
    def _most(self) -> float:
        return self.margin + ARITHMETIC * max(abs(self.before), abs(self.after))

"""The guide's advice during a training, from the curves of the loss.

    perceptual-high, perceptual-low   outside the guide's range
    ab-small                          weighted, ten times smaller than perceptual
    golden-rule                       weighted, not 2 to 4 times perceptual
    saturation-stuck                  not fallen while predictions are pale

Advice changes nothing: the score decides. Each kind is given once for each trial, as soon as it is
true late enough in the training. The guide's rules for AB and perceptual are about weighted losses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from tuner.guide.golden_rule import HIGH, LOW
from tuner.guide.ranges import FAR_SMALLER, GUIDE_RANGES, NO_GUIDES
from tuner.results import Trial
from tuner.results.events import (
    AdviceGiven,
    AdviceKind,
    CurvePoint,
    Event,
    TrainingPrepared,
    TrialStarted,
)
from tuner.wording import rounded

RECENT = 5
"""Points of a curve that are averaged, a tenth of a training, because single points are noisy."""

SETTLED, LATE = 0.25, 0.5
"""Shares of the steps: before the first no advice is given, before the second nothing is stuck."""

FALLEN = 0.9
"""A saturation loss above this share of its first value has not fallen."""

PALE = 0.75
"""Chroma of the held-out predictions as a share of the photos' chroma, as in a diagnosis."""


@dataclass(frozen=True)
class Hint:
    """One piece of advice, and its kind."""

    kind: AdviceKind
    sentence: str


@dataclass
class TrialCurves:
    """The curves of one trial so far.

    Attributes:
        first: Saturation loss at the beginning; None before the first point.
        chroma_ratio: Of the latest evaluation of the held-out photos; None before the first.
    """

    trial: Trial
    step: int = 0
    recent: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=RECENT))
    first: float | None = None
    chroma_ratio: float | None = None

    def add(self, point: CurvePoint) -> None:
        """Adds the next point, of the loss or of the held-out photos."""
        self.step = point.step
        self.chroma_ratio = point.values.get("heldout/chroma_ratio", self.chroma_ratio)
        if "loss/saturation" in point.values:
            self.recent.append(point.values)
            if self.first is None:
                self.first = point.values["loss/saturation"]

    def mean(self, name: str) -> float:
        """Mean over the recent points, of which there must be some; 0 for an unknown name."""
        return fmean(values.get(name, 0.0) for values in self.recent)


class Adviser:
    """Receives the events of a run, and answers with advice.

    Args:
        given: Trials and kinds of the advice that an earlier run has given.
        golden_rule: Whether to advise on the guide's golden rule.
    """

    def __init__(
        self, given: Iterable[tuple[int, AdviceKind]] = (), *, golden_rule: bool = True
    ) -> None:
        self._given = set(given)
        self._golden_rule = golden_rule
        self._random_trunk = False
        self._own_loss = False
        self._watched: dict[int, TrialCurves] = {}

    def __call__(self, event: Event) -> tuple[AdviceGiven, ...]:
        """The new advice after an event; advice that was given before is left out."""
        match event:
            case TrainingPrepared(facts=facts):
                trunk = facts.get("training network", "").split()
                self._random_trunk = not set(NO_GUIDES).isdisjoint(trunk)
                self._own_loss = "loss" in facts  # the guide has no rules for the user's loss
            # A trial that is only compared with needs no advice.
            case TrialStarted(trial=trial) if not trial.rival:
                self._watched[trial.number] = TrialCurves(trial)
            case CurvePoint(number=number) if number in self._watched and not self._own_loss:
                self._watched[number].add(event)
                return tuple(self._news(self._watched[number]))
            case _:
                pass
        return ()

    def _news(self, curves: TrialCurves) -> Iterator[AdviceGiven]:
        number = curves.trial.number
        for hint in hints(curves, random_trunk=self._random_trunk):
            off = hint.kind == "golden-rule" and not self._golden_rule
            if not off and (number, hint.kind) not in self._given:
                self._given.add((number, hint.kind))
                yield AdviceGiven(
                    number=number, step=curves.step, kind=hint.kind, sentence=hint.sentence
                )


def hints(curves: TrialCurves, *, random_trunk: bool) -> Iterator[Hint]:
    """All advice that applies at this point.

    Args:
        curves: The curves of a trial so far.
        random_trunk: Whether LPIPS has another trunk than its own. The guide's range of
            `perceptual` does not hold for such a trunk.
    """
    if len(curves.recent) < RECENT or curves.step < SETTLED * curves.trial.steps:
        return
    if not random_trunk:
        yield from _perceptual(curves.mean("loss/perceptual"))
    yield from _balance(curves.mean("share/ab_chrominance"), curves.mean("share/perceptual"))
    yield from _saturation(curves)


def _perceptual(value: float) -> Iterator[Hint]:
    low, high = GUIDE_RANGES["perceptual"]
    beside = f"the guide's {low:g} to {high:g}: it would"
    if value > high:
        sentence = f"perceptual is {value:.2g}, above {beside} increase perceptual_weight"
        yield Hint("perceptual-high", sentence)
    elif value < low:
        sentence = f"perceptual is {value:.2g}, below {beside} decrease perceptual_weight"
        yield Hint("perceptual-low", sentence)


def _balance(ab: float, perceptual: float) -> Iterator[Hint]:
    """Advice on two weighted losses; none where one of them is 0."""
    if ab <= 0 or perceptual <= 0:
        return
    ratio = ab / perceptual
    if ratio <= 1 / FAR_SMALLER:
        seen = f"the weighted AB loss is {rounded(1 / ratio)} times smaller than the perceptual one"
        yield Hint("ab-small", f"{seen}: the guide would increase ab_weight")
    elif not LOW <= ratio <= HIGH:
        seen = f"the weighted AB loss is {rounded(ratio)} times the perceptual one"
        raising = "increase ab_weight or decrease perceptual_weight"
        way = raising if ratio < LOW else "decrease ab_weight"
        yield Hint("golden-rule", f"{seen}, not {LOW:g} to {HIGH:g}: the guide would {way}")


def _saturation(curves: TrialCurves) -> Iterator[Hint]:
    if curves.step < LATE * curves.trial.steps or not curves.first:
        return
    value, chroma_ratio = curves.mean("loss/saturation"), curves.chroma_ratio
    if value >= FALLEN * curves.first and chroma_ratio is not None and chroma_ratio < PALE:
        seen = f"saturation is stuck at {value:.2g}, chroma at {chroma_ratio:.2g} times the photos'"
        yield Hint("saturation-stuck", f"{seen}: the guide would increase saturation_weight")

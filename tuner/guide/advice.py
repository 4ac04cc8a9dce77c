"""What the guide would say while it watches a training: hints from the curves of the loss.

    perceptual-high, perceptual-low   outside the guide's range
    ab-small                          weighted, ten times smaller than perceptual
    golden-rule                       weighted, not 2 to 4 times perceptual
    saturation-stuck                  not fallen while predictions are pale

Hints change nothing: the score decides. Each is given once for each trial, when it is first true
late enough in the training; what the guide says about AB and perceptual is about weighted losses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from tuner.events import AdviceGiven, AdviceKind, CurvePoint, Event, TrainingPrepared, TrialStarted
from tuner.guide.golden_rule import HIGH, LOW
from tuner.guide.ranges import FAR_SMALLER, GUIDE_RANGES, NO_GUIDES
from tuner.results import Trial

RECENT = 5
"""Points of a curve that are averaged, a tenth of a training: single ones are noisy."""

SETTLED, LATE = 0.25, 0.5
"""Shares of the steps before which nothing is said, and before which nothing is stuck."""

FALLEN = 0.9
"""A saturation loss above this part of its beginning has not fallen."""

PALE = 0.75
"""Chroma of the held-out predictions as a share of the photos', as a diagnosis has it."""


@dataclass(frozen=True)
class Hint:
    """One thing that the guide would say, and by which it is counted."""

    kind: AdviceKind
    sentence: str


@dataclass
class TrialCurves:
    """The curves of one trial so far.

    Attributes:
        first: Saturation loss at the beginning; None before the first point.
        chroma_ratio: As the held-out photos were seen last; None before they were.
    """

    trial: Trial
    step: int = 0
    recent: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=RECENT))
    first: float | None = None
    chroma_ratio: float | None = None

    def add(self, point: CurvePoint) -> None:
        """Takes in the next point, of the loss or of the held-out photos."""
        self.step = point.step
        self.chroma_ratio = point.values.get("heldout/chroma_ratio", self.chroma_ratio)
        if "loss/saturation" in point.values:
            self.recent.append(point.values)
            if self.first is None:
                self.first = point.values["loss/saturation"]

    def mean(self, name: str) -> float:
        """Of the recent points, of which there are some; 0 for a number that they lack."""
        return fmean(values.get(name, 0.0) for values in self.recent)


class Adviser:
    """Listens to the events of a run, and answers with advice.

    Args:
        given: Trials and kinds that an earlier run has advised on.
        golden_rule: Whether the study minds it.
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
        """What is to be said after an event; nothing where it was said before."""
        match event:
            case TrainingPrepared(facts=facts):
                trunk = facts.get("training network", "").split()
                self._random_trunk = not set(NO_GUIDES).isdisjoint(trunk)
                self._own_loss = "loss" in facts  # of whose parts the guide knows nothing
            # What is weighed without weights, or for comparison only, needs no advice.
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
    """Everything that the guide would say at this point.

    Args:
        curves: A trial with its points so far.
        random_trunk: Whether LPIPS measures with another than its own trunk, whose values are no
            guide's.
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
    """Of weighted losses; nothing where one of them takes no part."""
    if ab <= 0 or perceptual <= 0:
        return
    ratio = ab / perceptual
    if ratio <= 1 / FAR_SMALLER:
        seen = f"the weighted AB loss is {1 / ratio:.2g} times smaller than the perceptual one"
        yield Hint("ab-small", f"{seen}: the guide would increase ab_weight")
    elif not LOW <= ratio <= HIGH:
        seen = f"the weighted AB loss is {ratio:.2g} times the perceptual one"
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

"""The response of the score to one weight: the points of a stage.

Seeds often differ more than values of one weight. So scores are shifted by seed: at the start value
of the stage all seeds have the same score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean, stdev

from tuner.journal.history import StudyHistory
from tuner.reporting.page.curve_check import contradicts
from tuner.reporting.page.ladder import baseline_scores
from tuner.reporting.verdicts import because_of_stage
from tuner.results import Status, TrialResult
from tuner.results.score_unit import ScoreUnit
from tuner.results.statistics import scores_by_seed

DECADE = 10.0


@dataclass(frozen=True)
class ResponsePoint:
    """One training.

    Attributes:
        value: The value of the weight.
        score: The score, shifted by its seed; lower is better.
    """

    value: float
    score: float
    number: int
    seed: int
    status: Status


@dataclass(frozen=True)
class ResponseCurve:
    """The response that one stage has measured.

    Attributes:
        stage: Number of the stage, counted from 1.
        start: The value at the beginning of the stage.
        chosen: The value that the study went on with; None before the verdict.
        level: Mean score at `start`; None where it has no score.
        scatter: Standard deviation of the difference between two trainings with one seed and
            equally good weights; None where the noise is not known.
        points: All trainings with a score.
        means: Mean shifted score for each value, ascending, without rejected trainings.
        diverged: Values at which a training diverged, ascending.
        pruned: Values at which a training was pruned, ascending.
        curve: The surface through all trials along this weight, as value, score, and lower and
            upper end of the score's interval; empty before there is one, and where it contradicts
            the values tried.
    """

    stage: int
    weight: str
    because: str
    start: float
    chosen: float | None
    level: float | None
    scatter: float | None
    points: tuple[ResponsePoint, ...]
    means: tuple[tuple[float, float], ...]
    diverged: tuple[float, ...]
    pruned: tuple[float, ...]
    curve: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def logarithmic(self) -> bool:
        """Whether a logarithmic axis separates the values better."""
        values = self.values
        return min(values) > 0 and max(values) / min(values) >= DECADE

    @property
    def values(self) -> tuple[float, ...]:
        """All values that were tried, those without a score included."""
        return (*(point.value for point in self.points), *self.diverged, *self.pruned)

    @property
    def strands(self) -> tuple[tuple[ResponsePoint, ...], ...]:
        """The complete trainings of each seed, by ascending value."""
        strands: dict[int, list[ResponsePoint]] = {}
        for point in self.points:
            if point.status == "complete":
                strands.setdefault(point.seed, []).append(point)
        return tuple(tuple(strand) for strand in strands.values())

    def shown_in(self, unit: ScoreUnit) -> ResponseCurve:
        """The same response in the numbers that its scores stand for."""
        return replace(
            self,
            level=None if self.level is None else unit.value(self.level),
            points=tuple(replace(one, score=unit.value(one.score)) for one in self.points),
            means=tuple((value, unit.value(mean)) for value, mean in self.means),
            curve=tuple(
                (value, unit.value(score), *unit.ascending(low, high))
                for value, score, low, high in self.curve
            ),
        )


def responses(history: StudyHistory) -> tuple[ResponseCurve, ...]:
    """The response to each weight that was varied, in the order of the stages."""
    weights = dict(history.start_weights)
    chosen = {stage.number: stage.chosen for stage in history.stages}
    answers = []
    for number, name in _varied(history).items():
        answer = _response(history, number, name, weights, chosen.get(number))
        if len({point.value for point in answer.points}) > 1:
            answers.append(answer)
        weights[name] = chosen.get(number, weights[name])
    return tuple(answers)


def noise_sd(history: StudyHistory) -> float | None:
    """Standard deviation of one training; before the study is finished, the baseline's spread."""
    if history.noise is not None:
        return history.noise.sd
    scores = baseline_scores(history)
    return stdev(scores) if len(scores) > 1 else None


def _varied(history: StudyHistory) -> dict[int, str]:
    """The weight of each stage that was begun, by its number."""
    begun = {t.stage: t.varied for t in history.trials.values() if t.stage and t.varied}
    judged = {stage.number: stage.varied for stage in history.stages}
    known = {n: name for n, name in (begun | judged).items() if name in history.start_weights}
    return dict(sorted(known.items()))


def _response(
    history: StudyHistory,
    number: int,
    name: str,
    before: Mapping[str, float],
    chosen: float | None,
) -> ResponseCurve:
    start = before[name]
    seen = [r for r in history.results.values() if _belongs(r, name, before)]
    at_start = scores_by_seed((r for r in seen if r.trial.weights[name] == start), rejected=True)
    level = fmean(at_start.values()) if at_start else None
    points = [
        ResponsePoint(
            value=result.trial.weights[name],
            score=result.score - at_start.get(result.trial.seed, level or 0.0) + (level or 0.0),
            number=result.trial.number,
            seed=result.trial.seed,
            status=result.status,
        )
        for result in seen
        if result.score is not None
    ]
    sd, means = noise_sd(history), _means(points)
    curve = tuple(_curve(history, number, level))
    return ResponseCurve(
        stage=number,
        weight=name,
        because=because_of_stage(history, number),
        start=start,
        chosen=chosen,
        level=level,
        scatter=None if sd is None else sqrt(2) * sd,
        points=tuple(sorted(points, key=lambda point: (point.value, point.number))),
        means=means,
        diverged=_values(seen, name, "diverged"),
        pruned=_values(seen, name, "pruned"),
        curve=() if contradicts(curve, means, start) else curve,
    )


def _curve(
    history: StudyHistory, number: int, level: float | None
) -> Iterator[tuple[float, float, float, float]]:
    stage = next((stage for stage in history.stages if stage.number == number), None)
    if stage is None or level is None:
        return
    for seen in stage.curve:
        yield seen.value, level - seen.gain, level - seen.high, level - seen.low


def _belongs(result: TrialResult, name: str, before: Mapping[str, float]) -> bool:
    """Whether a trial differs from the weights before the stage in at most one weight.

    Trials of the confirmation are left out: only two values are trained on their seeds.
    """
    trial = result.trial
    return trial.role not in {"finalist", "confirmation", "combination", "rival"} and all(
        trial.weights.get(other) == value for other, value in before.items() if other != name
    )


def _values(results: Iterable[TrialResult], name: str, status: Status) -> tuple[float, ...]:
    return tuple(sorted({r.trial.weights[name] for r in results if r.status == status}))


def _means(points: Iterable[ResponsePoint]) -> tuple[tuple[float, float], ...]:
    scores: dict[float, list[float]] = {}
    for point in points:
        if point.status == "complete":
            scores.setdefault(point.value, []).append(point.score)
    return tuple((value, fmean(scores[value])) for value in sorted(scores))

"""The plots of the page by section, each with heading, legend and caption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plotly.graph_objects import Figure

from tuner.guide.golden_rule import HIGH, LOW
from tuner.journal.history import StudyHistory
from tuner.reporting.answer import effects_of
from tuner.reporting.guardrails import describe_refused
from tuner.reporting.page import plot_style
from tuner.reporting.page.figures import ladder_figure, response_figure, tradeoff_figure
from tuner.reporting.page.ladder import Rung, rungs_of
from tuner.reporting.page.loss_figures import components_figure, shares_figure
from tuner.reporting.page.loss_shares import LossShares, mixes
from tuner.reporting.page.range_figure import LEGEND, drawable, range_figure
from tuner.reporting.page.recommendation import recommended_weights
from tuner.reporting.page.response import ResponseCurve, responses
from tuner.reporting.page.tradeoff import tradeoffs
from tuner.reporting.story import plain
from tuner.wording import joined, rounded


@dataclass(frozen=True)
class Plot:
    """A plot on the page.

    Attributes:
        title: The heading; empty where the section has one already.
        html: An element and the script that draws into it.
        caption: What the plot shows, and how to read it.
        legend: Names with their color and shape: `dot`, `diamond`, `cross`, `line`, `bar`.
    """

    title: str
    html: str
    caption: str
    legend: tuple[tuple[str, str, str], ...] = ()


def plots_of(history: StudyHistory) -> dict[str, list[Plot]]:
    """The plots of each section; a section without data has none."""
    return {
        "session": list(_session(history)),
        "ranges": list(_ranges(history)),
        "weights": list(_weights(history)),
        "tradeoff": list(_tradeoff(history)),
        "loss": list(_loss(history)),
    }


def _session(history: StudyHistory) -> Iterator[Plot]:
    rungs = rungs_of(history)
    if rungs:
        caption = (
            f"From ring to dot: the {history.unit.name} before a step and with what was tried, "
            "on the same seeds; the gain of a step on one seed begins at the mean before it. "
            f"The wide bar is the interval of that gain{_describe_confidence(rungs)}. "
            "Green was better, and was carried on; gray lies within the noise."
        )
        yield Plot("", _html("ladder", ladder_figure(rungs, history.unit)), caption)


def _ranges(history: StudyHistory) -> Iterator[Plot]:
    effects = drawable(effects_of(history))
    if effects:
        kept = "that keeps the guardrails " if describe_refused(effects) else ""
        caption = (
            "One row is one weight. Within the wide bar values are practically as good as the "
            "exported one: what they lose is at most a tenth of the gain, or not certain (80 %). "
            f"Without a bar no other value {kept}is as good."
        )
        drawn = _html("ranges", range_figure(effects))
        yield Plot("Values that are as good", drawn, caption, LEGEND)


def _weights(history: StudyHistory) -> Iterator[Plot]:
    for response in responses(history):
        title = f"{response.stage}. {response.because or response.weight}"
        drawn = response_figure(response, history.unit)
        yield Plot(title, _html(f"response-{response.stage}", drawn), _describe_response(response))


def _tradeoff(history: StudyHistory) -> Iterator[Plot]:
    seen = tradeoffs(history)
    if seen:
        caption = (
            "Each point is one training, on the held-out photos. Colorfulness counts both ways: "
            "a gap can be too pale or too vivid. No training on the green line is beaten by "
            "another in both numbers at once; a single training owes its place partly to its seed."
        )
        names = {
            "start": ("start weights", plot_style.START, "diamond"),
            "best": (recommended_weights(history).name, plot_style.BEST, "dot"),
            "other": ("other weights", plot_style.OTHER, "dot"),
            "rejected": ("rejected", plot_style.LOST, "cross"),
        }
        kinds = {one.kind for one in seen}
        legend = [entry for kind, entry in names.items() if kind in kinds]
        legend.append(("Pareto front", plot_style.WON, "line"))
        yield Plot("", _html("tradeoff", tradeoff_figure(seen)), caption, tuple(legend))


def _loss(history: StudyHistory) -> Iterator[Plot]:
    found = mixes(history)
    if any(mix.values for mix in found):
        shapes = zip(found, (plot_style.START, plot_style.BEST), ("diamond", "dot"), strict=False)
        legend = [(mix.name, color, shape) for mix, color, shape in shapes]
        yield Plot(
            "Components and the guide's ranges",
            _html("components", components_figure(found)),
            "The guide's ranges are meant for a trained LPIPS network and thousands of steps; "
            "short trainings on small pictures can lie outside and be right.",
            (*legend, ("the guide's range", plot_style.RANGE, "bar")),
        )
    if found:
        yield Plot(
            "Shares of the total",
            _html("shares", shares_figure(found)),
            _describe_golden_rule(found),
            tuple(
                (name, plot_style.SHARES.get(name, plot_style.OTHER), "bar")
                for name in found[0].shares
            ),
        )


def _describe_confidence(rungs: Sequence[Rung]) -> str:
    told = list(dict.fromkeys(f"{r.confidence * 100:g} %" for r in rungs if r.confidence))
    if len(told) == 2:  # noqa: PLR2004 - steps are judged at one, the claim at another
        return f" ({told[0]} for a step, {told[1]} for the confirmation)"
    return f" ({', '.join(told)})" if told else ""


def _describe_response(response: ResponseCurve) -> str:
    told = f"Began at {plain(response.start)}; "
    if response.chosen is None:
        told += "not judged yet."
    elif response.chosen == response.start:
        told += "stayed there."
    else:
        told += f"went on with {plain(response.chosen)}."
    if response.diverged:
        told += f" Diverged at {', '.join(map(plain, response.diverged))}."
    if response.pruned:
        told += f" Left early, clearly behind: {', '.join(map(plain, response.pruned))}."
    return told


def _describe_golden_rule(found: Sequence[LossShares]) -> str:
    known = [(mix.name, mix.golden_ratio) for mix in found if mix.golden_ratio is not None]
    if not known:
        return ""
    told = joined([f"{rounded(ratio)} with the {name}" for name, ratio in known], "and")
    return (
        f"Weighted AB loss over weighted perceptual loss, mean of all trainings: {told} "
        f"(the guide's golden rule: {LOW:g} to {HIGH:g})."
    )


def _html(name: str, drawn: Figure) -> str:
    text: str = drawn.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displayModeBar": False, "responsive": True},
    )
    return text

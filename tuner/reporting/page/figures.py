"""The plots of the search, one function each, drawn from plain records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import plotly.graph_objects as go

from tuner.reporting.page.ladder import Rung
from tuner.reporting.page.plot_style import (
    BAND,
    BEST,
    LINE,
    LOST,
    OTHER,
    ROW,
    START,
    WON,
    axis,
    faded,
    figure,
    label_row,
    log_axis,
    span,
)
from tuner.reporting.page.response import ResponseCurve, ResponsePoint
from tuner.reporting.page.tradeoff import Tradeoff, pareto_front
from tuner.reporting.story import plain
from tuner.results.score_unit import SCORE, ScoreUnit


def ladder_figure(rungs: Sequence[Rung], unit: ScoreUnit = SCORE) -> go.Figure:
    """The session from top to bottom; the number of the score from left to right."""
    rungs = [rung.shown_in(unit) for rung in rungs]
    drawn = figure(
        height=ROW * len(rungs) + 70,
        margin={"l": 14, "r": 14, "t": 8, "b": 46},
        xaxis=axis(escape(unit.name), range=span(_reach(rungs))),
        yaxis=axis(visible=False, range=[len(rungs) - 0.5, -0.75]),
    )
    for place, rung in enumerate(rungs):
        _add_rung(drawn, place, rung)
        label_row(drawn, place, _headline(rung))
    return drawn


def response_figure(response: ResponseCurve, unit: ScoreUnit = SCORE) -> go.Figure:
    """The score over one weight: trainings joined by seed, and the band of the noise."""
    response = response.shown_in(unit)
    values, title, band = response.values, escape(response.weight), _band(response)
    reach = span([*band, *_heights(response)])
    drawn = figure(
        height=290,
        xaxis=log_axis(title, values) if response.logarithmic else axis(title, range=span(values)),
        yaxis=axis(escape(unit.name), range=reach),
    )
    if band:
        drawn.add_hrect(y0=band[0], y1=band[1], fillcolor=BAND, line_width=0, layer="below")
    _add_curve(drawn, response)
    counted = [point for point in response.points if point.status == "complete"]
    for strand in response.strands:
        drawn.add_scatter(
            x=[point.value for point in strand], y=[point.score for point in strand],
            mode="lines", line={"color": LINE, "width": 1.5}, hoverinfo="skip",
        )  # fmt: skip
    _add_points(drawn, counted, {"color": OTHER, "size": 7})
    rejected = [point for point in response.points if point.status != "complete"]
    _add_points(drawn, rejected, {"color": LOST, "size": 9, "symbol": "x"})
    _add_without_score(drawn, response, reach[0] if unit.maximize else reach[1])
    means = dict(response.means)
    for value, color, symbol, name in (
        (response.start, START, "diamond", "at the start"),
        (response.chosen, BEST, "circle", "carried on"),
    ):
        if value in means and (value != response.start or color == START):
            drawn.add_scatter(
                x=[value], y=[means[value]], mode="markers", name=name,
                marker={"color": color, "size": 13, "symbol": symbol},
                hovertemplate=f"{plain(value)}, {name}: %{{y:.3f}}<extra></extra>",
            )  # fmt: skip
    return drawn


def tradeoff_figure(seen: Sequence[Tradeoff]) -> go.Figure:
    """LPIPS against the gap in colorfulness; the photo itself is at the lower left."""
    drawn = figure(
        height=390,
        margin={"l": 52, "r": 14, "t": 8, "b": 46},
        xaxis=axis("LPIPS (0: the photo)"),
        yaxis=axis("colorfulness gap"),
    )
    counted = [one for one in seen if one.kind != "rejected"]
    front = pareto_front((one.lpips, one.gap) for one in counted)
    drawn.add_scatter(
        x=[x for x, _ in front], y=[y for _, y in front], mode="lines",
        line={"color": WON, "width": 2, "shape": "hv"}, hoverinfo="skip",
    )  # fmt: skip
    for kind, marker in (
        ("other", {"color": faded(OTHER, 0.6), "size": 8}),
        ("rejected", {"color": LOST, "size": 8, "symbol": "x"}),
        ("start", {"color": START, "size": 11, "symbol": "diamond"}),
        ("best", {"color": BEST, "size": 11}),
    ):
        of_kind = [one for one in seen if one.kind == kind]
        drawn.add_scatter(
            x=[one.lpips for one in of_kind], y=[one.gap for one in of_kind], mode="markers",
            marker=marker,
            customdata=[(escape(one.name), one.colorfulness) for one in of_kind],
            hovertemplate="%{customdata[0]}<br>LPIPS %{x:.4f}, gap %{y:.3f}, "
            "colorfulness %{customdata[1]:.1f}<extra></extra>",
        )  # fmt: skip
    return drawn


def _heights(response: ResponseCurve) -> Iterator[float]:
    """All scores in the plot."""
    for point in response.points:
        yield point.score
    for _, _, low, high in response.curve:
        yield from (low, high)


def _band(response: ResponseCurve) -> tuple[float, ...]:
    """Lower and upper end of the noise around the start; empty where it is not known."""
    if response.level is None or response.scatter is None:
        return ()
    return response.level - response.scatter, response.level + response.scatter


def _reach(rungs: Sequence[Rung]) -> list[float]:
    """All scores in the ladder."""
    ends = [end for r in rungs for end in (r.before, r.after, r.low, r.high) if end is not None]
    return [*ends, *(score for rung in rungs for score in rung.seeds)]


def _add_rung(drawn: go.Figure, place: int, rung: Rung) -> None:
    """Draws the interval, the line from the score before to the score after, single trainings."""
    color = _color_of(rung)
    if rung.low is not None and rung.high is not None:
        drawn.add_scatter(
            x=[rung.low, rung.high], y=[place, place], mode="lines", hoverinfo="skip",
            line={"color": faded(color, 0.35), "width": 11},
        )  # fmt: skip
    if rung.before is not None:
        drawn.add_scatter(
            x=[rung.before, rung.after], y=[place, place], mode="lines", hoverinfo="skip",
            line={"color": color, "width": 2, "dash": "solid" if rung.taken else "dot"},
        )  # fmt: skip
        drawn.add_scatter(
            x=[rung.before], y=[place], mode="markers", hoverinfo="skip",
            marker={"color": OTHER, "size": 7, "symbol": "circle-open", "line": {"width": 2}},
        )  # fmt: skip
    drawn.add_scatter(
        x=list(rung.seeds), y=[place] * len(rung.seeds), mode="markers",
        marker={"color": faded(color, 0.55), "size": 6},
        hovertemplate="one training: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    drawn.add_scatter(
        x=[rung.after], y=[place], mode="markers",
        marker={"color": color, "size": 12, "symbol": "circle" if rung.taken else "diamond"},
        hovertemplate=f"%{{x:.3f}}{_interval(rung)}<extra></extra>",
    )  # fmt: skip


def _add_curve(drawn: go.Figure, response: ResponseCurve) -> None:
    """Draws the surface through all trials along this weight, with its interval."""
    if not response.curve:
        return
    values, scores, lows, highs = zip(*response.curve, strict=True)
    drawn.add_scatter(
        x=[*values, *reversed(values)], y=[*highs, *reversed(lows)], fill="toself",
        fillcolor=faded(BEST, 0.15), line={"width": 0}, hoverinfo="skip", mode="lines",
    )  # fmt: skip
    drawn.add_scatter(
        x=list(values), y=list(scores), mode="lines", line={"color": BEST, "width": 2},
        hovertemplate="%{x:.3g}, as all trials expect: %{y:.3f}<extra></extra>",
    )  # fmt: skip


def _add_points(
    drawn: go.Figure, points: Sequence[ResponsePoint], marker: dict[str, object]
) -> None:
    drawn.add_scatter(
        x=[point.value for point in points], y=[point.score for point in points], mode="markers",
        marker=marker, customdata=[(point.number, point.seed, point.status) for point in points],
        hovertemplate="trial %{customdata[0]}, seed %{customdata[1]}: %{y:.3f}, "
        "%{customdata[2]}<extra></extra>",
    )  # fmt: skip


def _add_without_score(drawn: go.Figure, response: ResponseCurve, worst: float) -> None:
    """Marks the values that left early or diverged, at the worst edge as they have no score."""
    for values, symbol, color, told in (
        (response.pruned, "triangle-up", OTHER, "left early, clearly behind"),
        (response.diverged, "x", LOST, "diverged"),
    ):
        if values:
            drawn.add_scatter(
                x=list(values), y=[worst] * len(values), mode="markers", cliponaxis=False,
                marker={"color": color, "size": 10, "symbol": symbol}, name=told,
                hovertemplate=f"%{{x:.4g}} {told}<extra></extra>",
            )  # fmt: skip


def _color_of(rung: Rung) -> str:
    if rung.verdict is None:
        return START
    return {"better": WON, "worse": LOST}.get(rung.verdict, OTHER) if rung.taken else OTHER


def _headline(rung: Rung) -> str:
    label = escape(rung.label)
    return f"<b>{label}</b>" if rung.taken and rung.verdict else label


def _interval(rung: Rung) -> str:
    if rung.low is None or rung.high is None or rung.confidence is None:
        return ""
    return f" ({rung.confidence * 100:g} % interval {rung.low:.3f} to {rung.high:.3f})"

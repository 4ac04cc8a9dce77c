"""The plot of the effect of each weight: which values were tried, and which are as good."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from tuner.reporting.page.plot_style import (
    BEST,
    LINE,
    RANGE,
    ROW,
    START,
    WON,
    axis,
    faded,
    figure,
    label_row,
    log_axis,
)
from tuner.results import WeightEffect

LEGEND = (
    ("start", START, "diamond"),
    ("exported", BEST, "dot"),
    ("as good", WON, "bar"),
    ("does not matter", RANGE, "bar"),
    ("tried", LINE, "line"),
)


def drawable(effects: Sequence[WeightEffect]) -> tuple[WeightEffect, ...]:
    """The effects that fit on a logarithmic axis: all their values are above 0."""
    return tuple(one for one in effects if min(one.start, *one.tried, *one.acceptable_range) > 0)


def range_figure(effects: Sequence[WeightEffect]) -> go.Figure:
    """One row for each weight, in multiples of its start value.

    Args:
        effects: At least one, all of them `drawable`.
    """
    ends = [
        end / one.start for one in effects for end in (*one.tried, *one.acceptable_range, one.start)
    ]
    drawn = figure(
        height=ROW * len(effects) + 60,
        margin={"l": 14, "r": 14, "t": 8, "b": 46},
        xaxis=log_axis("times the start value", ends),
        yaxis=axis(visible=False, range=[len(effects) - 0.5, -0.75]),
    )
    for place, effect in enumerate(effects):
        _add_row(drawn, place, effect)
        label_row(drawn, place, escape(effect.name))
    return drawn


def _add_row(drawn: go.Figure, place: int, effect: WeightEffect) -> None:
    color = faded(WON, 0.45) if effect.matters else RANGE
    for (low, high), line in (
        (effect.tried, {"color": LINE, "width": 2}),
        (effect.acceptable_range, {"color": color, "width": 14}),
    ):
        drawn.add_scatter(
            x=[low / effect.start, high / effect.start], y=[place, place], mode="lines",
            line=line, hoverinfo="skip",
        )  # fmt: skip
    for value, shown, symbol, size in (
        (effect.start, START, "diamond", 11),
        (effect.value, BEST, "circle", 10),
    ):
        drawn.add_scatter(
            x=[value / effect.start], y=[place], mode="markers",
            marker={"color": shown, "size": size, "symbol": symbol},
            hovertemplate=f"{escape(effect.name)}={value:g}<extra></extra>",
        )  # fmt: skip

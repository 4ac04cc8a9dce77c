"""The plots of the components of the loss and of their shares."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from tuner.guide.ranges import GUIDE_RANGES
from tuner.reporting.page.loss_shares import LossShares
from tuner.reporting.page.plot_style import (
    BEST,
    OTHER,
    RANGE,
    ROW,
    SHARES,
    START,
    axis,
    figure,
    label_row,
    log_axis,
)


def components_figure(mixes: Sequence[LossShares]) -> go.Figure:
    """Each unweighted component, with the guide's range."""
    names = list(mixes[0].values)
    drawn = figure(
        height=ROW * len(names) + 60,
        margin={"l": 14, "r": 14, "t": 8, "b": 46},
        xaxis=log_axis("component, before its weight", _seen(mixes)),
        yaxis=axis(visible=False, range=[len(names) - 0.5, -0.75]),
    )
    for place, name in enumerate(names):
        if name in GUIDE_RANGES:
            low, high = GUIDE_RANGES[name]
            drawn.add_scatter(
                x=[low, high], y=[place, place], mode="lines",
                line={"color": RANGE, "width": 18}, hoverinfo="skip",
            )  # fmt: skip
        label_row(drawn, place, escape(name))
    for mix, color, symbol in zip(mixes, (START, BEST), ("diamond", "circle"), strict=False):
        shown = [(mix.values[name], at) for at, name in enumerate(names) if name in mix.values]
        drawn.add_scatter(
            x=[value for value, _ in shown], y=[place for _, place in shown], mode="markers",
            name=mix.name, marker={"color": color, "size": 12, "symbol": symbol},
            hovertemplate=f"%{{x:.3g}}<extra>{mix.name}</extra>",
        )  # fmt: skip
    return drawn


def shares_figure(mixes: Sequence[LossShares]) -> go.Figure:
    """The shares of the weighted components in the total, one bar for each set of weights."""
    drawn = figure(
        height=ROW * len(mixes) + 60,
        barmode="stack",
        margin={"l": 14, "r": 24, "t": 8, "b": 46},
        xaxis=axis("share of the total loss", tickformat=".0%", range=[0, 1.001], dtick=0.25),
        yaxis=axis(visible=False, range=[len(mixes) - 0.5, -0.75]),
    )
    for name in mixes[0].shares:
        drawn.add_bar(
            x=[mix.shares.get(name, 0.0) for mix in mixes], y=list(range(len(mixes))),
            orientation="h", name=name, width=0.42, marker={"color": SHARES.get(name, OTHER)},
            hovertemplate=f"%{{x:.1%}}<extra>{escape(name)}</extra>",
        )  # fmt: skip
    for place, mix in enumerate(mixes):
        label_row(drawn, place, mix.name)
    return drawn


def _seen(mixes: Sequence[LossShares]) -> list[float]:
    """All values above 0 in the plot of components."""
    values = [value for mix in mixes for value in mix.values.values()]
    values += [end for name in mixes[0].values for end in GUIDE_RANGES.get(name, ())]
    return [value for value in values if value > 0]

"""The style of the plots: one palette for white and for black backgrounds, one layout.

Texts and grid lines get their color from the page's style sheet, so the same plot fits dark and
light screens and print.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go

START = "#d27a1e"
BEST = "#3b82c4"
OTHER = "#8b929b"
WON = "#2f9e6e"
LOST = "#cf4b4b"
BAND = "rgba(139, 146, 155, 0.2)"
RANGE = "rgba(139, 146, 155, 0.38)"
LINE = "rgba(139, 146, 155, 0.75)"
SHARES = {
    "perceptual": "#8a6fd1",
    "l_luminance": "#8b929b",
    "ab_chrominance": "#2a9d9d",
    "saturation": "#d1608f",
}

ROW = 56
"""Height of a row of a plot in pixels, its label included."""

TICKS_AT_MOST = 9
LEADING = ((1, 2, 5), (1, 3), (1,))
"""First digits of the ticks of a logarithmic axis, from many ticks to few."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def figure(height: int, **layout: Any) -> go.Figure:
    """An empty plot, as wide as the page allows.

    Args:
        height: In pixels.
        layout: Settings that differ from the common layout.
    """
    common: dict[str, Any] = {
        "template": "none",
        "height": height,
        "autosize": True,
        "margin": {"l": 52, "r": 14, "t": 14, "b": 46},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13},
        "dragmode": False,
        "hovermode": "closest",
        "showlegend": False,  # the page has its own legends, which wrap on a phone
    }
    return go.Figure(layout=common | layout)


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """An axis with a thin grid, without a zero line, that cannot be dragged."""
    common = {
        "title": {"text": title, "standoff": 10},
        "automargin": True,  # long numbers move the title instead of lying under it
        "zeroline": False,
        "showgrid": True,
        "gridwidth": 1,
        "fixedrange": True,
    }
    return common | more


def label_row(drawn: go.Figure, place: int, text: str) -> None:
    """Writes the label of a row above it; beside it there is no space on a phone."""
    drawn.add_annotation(
        text=text, x=0, xref="paper", xanchor="left", y=place, yshift=22, showarrow=False
    )


def log_axis(title: str, values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis for some values, with ticks that are written in full.

    Args:
        values: The drawn values; all above 0.
    """
    low, high = log10(min(values)), log10(max(values))
    margin = 0.06 * (high - low) or 0.1
    decades = range(floor(low - margin), ceil(high + margin) + 1)
    fitting = [digits for digits in LEADING if len(digits) * len(decades) <= TICKS_AT_MOST]
    leading = fitting[0] if fitting else LEADING[-1]
    ticks = [float(f"{digit}e{decade}") for decade in decades for digit in leading]
    return axis(
        title, type="log", range=[low - margin, high + margin],
        tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks],
    )  # fmt: skip


def span(values: Sequence[float]) -> list[float]:
    """The range of an axis that shows all values, and a little more."""
    margin = 0.06 * (max(values) - min(values)) or 0.1
    return [min(values) - margin, max(values) + margin]


def faded(color: str, opacity: float) -> str:
    """A color of the palette, made transparent.

    Args:
        color: Such as `#3b82c4`.
        opacity: From 0 to 1.
    """
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"

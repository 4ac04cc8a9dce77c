"""Ranks photos by how much they show a symptom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from tuner.color.agreement import pooled, tint
from tuner.color.measures import Reading
from tuner.guide.cures import Symptom


def worst_photos(reading: Reading, symptom: Symptom | None, most: int) -> list[int]:
    """Indices of the photos that show a symptom most, the worst in front.

    Args:
        symptom: None ranks by the error of all colors.
        most: How many indices to return at most.
    """
    badness = _BADNESS[symptom](reading) if symptom else _color_error(reading)
    return [int(index) for index in torch.argsort(badness, descending=True)[:most]]


def _missing_color(reading: Reading) -> Tensor:
    return reading.values["_chroma_target"] - reading.values["_chroma_prediction"]


def _vividness(reading: Reading) -> Tensor:
    values = reading.values
    noise = values["_variation_prediction"] - values["_variation_target"]
    return noise - _missing_color(reading)


def _color_error(reading: Reading) -> Tensor:
    turned = torch.deg2rad(reading.values["hue_error"]) * reading.values["_hue_weight"]
    return turned + _missing_color(reading).abs()


def _wrong_hue(reading: Reading) -> Tensor:
    return reading.values["hue_error"] * reading.values["_hue_weight"]


def _tinted(reading: Reading) -> Tensor:
    """How far the mean color moved in the direction of the set's tint."""
    moved = reading.color.mean_prediction - reading.color.mean_target
    return moved @ tint(pooled(reading.color))[0]


def _lightness(reading: Reading) -> Tensor:
    return reading.values["_lightness_error"]


def _unbalanced(reading: Reading) -> Tensor:
    values = reading.values
    off = [values[f"_{side}_prediction"] - values[f"_{side}_target"] for side in "ab"]
    return (off[0] - off[1]).abs()


def _bleeding(reading: Reading) -> Tensor:
    return reading.values["_edges_found"] - reading.values["_edges_kept"]


_BADNESS: Mapping[Symptom, Callable[[Reading], Tensor]] = {
    "gray": _missing_color,
    "brightness": _lightness,
    "sepia-cast": _tinted,
    "purple-cast": _tinted,
    "wrong-objects": _wrong_hue,
    "washed-out": _missing_color,
    "too-vibrant": _vividness,
    "channel-balance": _unbalanced,
    "bleeding": _bleeding,
}

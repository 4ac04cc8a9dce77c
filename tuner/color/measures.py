"""All numbers that are recorded for a set of predictions, by name.

A `Reading` holds the raw measurements of each photo. Numbers of a set are computed from sums and
means over photos; ratios come last. So a set can be read in chunks, and no number is a mean of
ratios.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import torch
from torch import Tensor

from tuner.color import metrics
from tuner.color.agreement import (
    Moments,
    cast,
    correlation,
    fit,
    hue_turn,
    moments,
    pooled,
    recoloring,
    slope,
    tint,
)
from tuner.color.edges import Edges, edge_likeness
from tuner.color.spaces import rgb_to_lab
from tuner.color.structure import Smoothed, ab_scales, ab_similarity, similarity

_LITTLE = 1e-3  # Lab units: keeps ratios finite on photos without color


@dataclass(frozen=True)
class Photos:
    """Photos in both color spaces that measurements need.

    What depends on them alone is computed when it is first asked for, and kept.

    Attributes:
        rgb: (B, 3, H, W), sRGB in [0, 1].
        lab: (B, 3, H, W), Lab units.
    """

    rgb: Tensor
    lab: Tensor

    @classmethod
    def of(cls, rgb: Tensor) -> Photos:
        """Photos from RGB alone."""
        return cls(rgb=rgb, lab=rgb_to_lab(rgb))

    def part(self, place: slice) -> Photos:
        """Some of the photos."""
        return Photos(rgb=self.rgb[place], lab=self.lab[place])

    @cached_property
    def smoothed(self) -> Smoothed:
        """The side of the photos in structural similarity."""
        return Smoothed.of(self.rgb)

    @cached_property
    def ab_scales(self) -> tuple[Smoothed, ...]:
        """The same of their colors."""
        return ab_scales(self.lab[:, 1:])

    @cached_property
    def edges(self) -> Edges:
        """Their edges."""
        return Edges.of(self.lab[:, 1:])


@dataclass(frozen=True)
class Reading:
    """The raw measurements of each photo.

    Attributes:
        values: Numbers of each photo, (B,) by name.
        color: Moments of (a, b).
        lightness: Moments of L.
    """

    values: dict[str, Tensor]
    color: Moments
    lightness: Moments

    def part(self, chosen: Tensor) -> Reading:
        """The reading of some photos, by index; an index may occur several times."""
        values = {name: value[chosen] for name, value in self.values.items()}
        return Reading(values, self.color.part(chosen), self.lightness.part(chosen))


def read(prediction: Photos, target: Photos, lpips: Tensor) -> Reading:
    """Measures each photo completely.

    Args:
        prediction: In [0, 1].
        target: In [0, 1], of the same shape.
        lpips: (B,), LPIPS between the two.
    """
    p, t = prediction, target
    pooled_p, pooled_t = (metrics.pooled_colorfulness(x.rgb) for x in (p, t))
    colors = read_colors(p, t)
    values = {
        "lpips": lpips,
        "colorfulness": metrics.colorfulness(p.rgb),
        "colorfulness_abs": metrics.colorfulness_abs(p.rgb),
        "colorfulness_pooled": pooled_p,
        "colorfulness_gap": metrics.colorfulness_gap(pooled_p, pooled_t),
        "ciede2000": metrics.mean_ciede2000(p.lab, t.lab),
        "psnr": metrics.psnr(p.rgb, t.rgb),
        "ssim": similarity(p.rgb, t.smoothed),
        "ab_ssim": ab_similarity(p.lab[:, 1:], t.ab_scales),
        **colors.values,
    }
    return Reading(values, colors.color, colors.lightness)


def read_colors(prediction: Photos, target: Photos) -> Reading:
    """Measures only colors and lightness of each photo, which is cheap.

    Args:
        prediction: In [0, 1].
        target: In [0, 1], of the same shape.
    """
    p, t = prediction, target
    values = {
        "lightness_drift": metrics.lightness_drift(p.lab, t.lab),
        "clipped": metrics.clipped_share(p.rgb),
        "_clipped_target": metrics.clipped_share(t.rgb),
        "_lightness_error": metrics.lightness_error(p.lab, t.lab),
        "_hue_weight": metrics.hue_weights(p.lab, t.lab).mean((-2, -1)),
        "hue_error": metrics.hue_error(p.lab, t.lab),
    }
    for side, photos in (("prediction", p), ("target", t)):
        values[f"_chroma_{side}"] = metrics.mean_chroma(photos.lab)
        values[f"_variation_{side}"] = metrics.color_variation(photos.lab)
        values[f"_a_{side}"] = photos.lab[:, 1].abs().mean((-2, -1))
        values[f"_b_{side}"] = photos.lab[:, 2].abs().mean((-2, -1))
    kept, found = edge_likeness(p.lab[:, 1:], t.edges)
    values |= {"_edges_kept": kept, "_edges_found": found}
    color = moments(p.lab[:, 1:], t.lab[:, 1:])
    return Reading(values, color, moments(p.lab[:, :1], t.lab[:, :1]))


def joined(readings: Sequence[Reading]) -> Reading:
    """Readings of chunks as one, on the CPU in 64 bits."""
    names = readings[0].values
    return Reading(
        values={name: _joined([each.values[name] for each in readings]) for name in names},
        color=_joined_moments([each.color for each in readings]),
        lightness=_joined_moments([each.lightness for each in readings]),
    )


def measures(reading: Reading) -> dict[str, float]:
    """The numbers of the whole set; `docs/metrics.md` says what each one means."""
    means = {name: value.mean().item() for name, value in reading.values.items()}
    color, lightness = pooled(reading.color), pooled(reading.lightness)
    (cast_a, cast_b), (tint_a, tint_b) = cast(color)[0].tolist(), tint(color)[0].tolist()
    shift = (color.mean_prediction - color.mean_target)[0].tolist()
    (a_slope, _), (_, b_slope) = recoloring(color)[0].tolist()
    weighted = (reading.values["hue_error"] * reading.values["_hue_weight"]).mean().item()
    return {
        **{name: value for name, value in means.items() if not name.startswith("_")},
        "chroma_ratio": _ratio(means, "chroma"),
        "a_ratio": _ratio(means, "a"),
        "b_ratio": _ratio(means, "b"),
        "color_noise": _ratio(means, "variation"),
        "hue_error": weighted / max(means["_hue_weight"], _LITTLE),
        "hue_concentration": _concentration(color.mean_prediction[0], means["_chroma_prediction"]),
        "hue_concentration_target": _concentration(color.mean_target[0], means["_chroma_target"]),
        "ab_slope": slope(color).item(),
        "ab_correlation": correlation(color).item(),
        "cast": math.hypot(cast_a, cast_b),
        "cast_hue": math.degrees(math.atan2(cast_b, cast_a)),
        "ab_fit": fit(color).item(),
        "a_slope": a_slope,
        "b_slope": b_slope,
        "hue_turn": hue_turn(color).item(),
        "tint": math.hypot(tint_a, tint_b),
        "tint_hue": math.degrees(math.atan2(tint_b, tint_a)),
        "mean_shift": math.hypot(*shift),
        "lightness_rmse": math.sqrt(means["_lightness_error"]),
        "lightness_gain": slope(lightness).item(),
        "clipped_more": means["clipped"] - means["_clipped_target"],
        **_bleeding(means),
    }


def per_photo(reading: Reading) -> dict[str, tuple[float, ...]]:
    """The numbers of each photo, in the order of the photos."""
    values = {name: value for name, value in reading.values.items() if not name.startswith("_")}
    for name, what in (("chroma_ratio", "chroma"), ("color_noise", "variation")):
        sides = (reading.values[f"_{what}_{side}"] for side in ("prediction", "target"))
        values[name] = torch.div(*(side.clamp(min=_LITTLE) for side in sides))
    if "_edges_found" in reading.values:
        sides = (reading.values[f"_edges_{side}"] for side in ("kept", "found"))
        values["bleeding"] = 1 - torch.div(*(side.clamp(min=_LITTLE) for side in sides))
    values["cast"] = cast(reading.color).norm(dim=-1)
    values["ab_slope"] = slope(reading.color)
    values["ab_correlation"] = correlation(reading.color)
    return {name: tuple(value.tolist()) for name, value in values.items()}


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.cpu().double() for part in parts])


def _joined_moments(parts: Sequence[Moments]) -> Moments:
    names = [field.name for field in fields(Moments)]
    return Moments(**{name: _joined([getattr(part, name) for part in parts]) for name in names})


def _ratio(means: dict[str, float], what: str) -> float:
    return means[f"_{what}_prediction"] / max(means[f"_{what}_target"], _LITTLE)


def _bleeding(means: dict[str, float]) -> dict[str, float]:
    """The measure of bleeding; empty for a reading from before this measure existed."""
    if "_edges_found" not in means:
        return {}
    return {"bleeding": 1 - means["_edges_kept"] / max(means["_edges_found"], _LITTLE)}


def _concentration(mean_color: Tensor, mean_chroma: float) -> float:
    return math.hypot(*mean_color.tolist()) / max(mean_chroma, _LITTLE)

"""The score of a set of predictions; lower is better, 0 is the photo, 2 is the gray photo.

    score = i_l * lpips / lpips(gray)
          + i_s / 2 * (1 - ab_ssim) / (1 - ab_ssim(gray))
          + i_c / 2 * gap / gap(gray)
          + i_k / 2 * 0.04 * max(0, cast - 2)
          + i_b * 0.04 * max(0, lightness_rmse - 2)

with the importances i (1 by default, 0 for lightness) and, over all held-out photos,
    lpips           mean LPIPS between prediction and photo;
    ab_ssim         mean structural similarity of (a, b);
    gap             mean |ln((CF + 5) / (CF* + 5))|, colorfulness CF after 8x8 pooling, CF* the
                    photo's;
    cast            length of the color cast (`agreement.cast`), in Lab units;
    lightness_rmse  root of the mean square difference of L, in Lab units;
    gray            the photo without color, so the unit does not depend on net or photos.

This is version 2. Version 1 has no ab_ssim, and factors of 1 instead of 1/2; studies that began
with it keep it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tuner.color.measures import Photos, Reading, joined, measures, per_photo, read
from tuner.color.metrics import POOL
from tuner.color.perceptual import Embedding, PerceptualDistance
from tuner.color.photo_scores import photo_scores
from tuner.color.spaces import gray_of
from tuner.errors import PhotosError
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec, Reaction

FREE = 2.0
"""Lab units of cast and of lightness error without cost; good predictions have as much."""

COST = 0.04
"""Score of each further Lab unit."""

TERMS = ("lpips", "structure", "colorfulness", "cast", "lightness")
"""The terms of the score, by their names in `ObjectiveSpec`."""

SHARES: Mapping[int, tuple[float, ...]] = {1: (1, 0, 1, 1, 1), 2: (1, 0.5, 0.5, 0.5, 1)}
"""Factor of each term at importance 1, by version; gray has a score of 2 in both."""

NEWEST = max(SHARES)

MOST_COLOR_NOISE = 1.5
"""Largest ratio of color steps between neighboring pixels, prediction over photo."""

MOST_DRIFT = 3.0
"""Largest difference of mean L, in Lab units."""

_COLORLESS = 0.02  # where gray has a smaller gap, the photos themselves have no color
_CHUNK_PIXELS = 1 << 18
_KEPT_BYTES = 1 << 30
_BYTES_A_PIXEL = 52  # of what `Photos` keeps when it has been measured against


@dataclass(frozen=True)
class PhotoScores:
    """The score of a set of predictions, and the numbers behind it.

    Attributes:
        value: The score; NaN where a prediction contains NaN or infinity.
        terms: Each of `TERMS`, normalized, times its factor, before its importance.
        measures: Every recorded number of the set, by name (`docs/metrics.md`).
        per_photo: The numbers of each photo, by name, in the order of the photos.
        rejected: Why a guardrail rejects the predictions, in one sentence, or ''.
        warnings: Findings of guardrails that do not reject.
        reading: The raw measurements of all photos; None where a prediction is not finite.
    """

    value: float
    terms: Mapping[str, float]
    measures: dict[str, float]
    per_photo: dict[str, tuple[float, ...]]
    rejected: str = ""
    warnings: tuple[str, ...] = ()
    reading: Reading | None = field(default=None, compare=False, repr=False)


class Scorer:
    """Scores predictions of always the same photos.

    Everything that depends only on the photos is computed once, in the constructor.

    Attributes:
        gray_reading: What was read off the photos without color.
        gray_measures: The numbers of that set, by name, which are the unit of the score.
        perceptual: LPIPS.

    Args:
        targets: (M, 3, H, W) with sides of 16 pixels or more, sRGB in [0, 1].
        objective: Importance of the terms, and the version of the score; 'auto' is the newest.
        guardrails: What to do about color noise and brightness drift.
        perceptual: LPIPS, on the device of the targets.

    Raises:
        PhotosError: The photos have no color, or are too small.
        TrainerError: The photos are too small for the LPIPS net.
    """

    def __init__(
        self,
        targets: Tensor,
        objective: ObjectiveSpec,
        guardrails: GuardrailsSpec,
        perceptual: PerceptualDistance,
    ) -> None:
        _check_targets(targets)
        self._importances = [getattr(objective, name).importance for name in TERMS]
        self._shares = SHARES[NEWEST if objective.version == "auto" else objective.version]
        self._guardrails = guardrails
        self.perceptual = perceptual
        with torch.no_grad(), torch.autocast(targets.device.type, enabled=False):
            self._targets = Photos.of(targets.float())
            self._chunk = max(1, _CHUNK_PIXELS // (targets.shape[-2] * targets.shape[-1]))
            self._parts: dict[int, Photos] = {}
            self._embeddings: dict[int, Embedding] = {}
            self._kept_bytes = 0
        self.gray_reading = self._read(gray_of(self._targets.rgb))
        self.gray_measures = measures(self.gray_reading)
        if self.gray_measures["colorfulness_gap"] < _COLORLESS:
            raise PhotosError("the held-out photos have no color: nothing can be learned from them")

    @property
    def factors(self) -> dict[str, float]:
        """What each of `TERMS` is multiplied by: its importance times its share."""
        return dict(zip(TERMS, map(operator.mul, self._importances, self._shares), strict=True))

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of all numbers that are measured."""
        return tuple(self.gray_measures)

    @property
    def of_gray(self) -> float:
        """The score of the gray photos."""
        return self._value(self._terms(self.gray_measures, self.gray_measures))

    def score(self, predictions: Tensor) -> PhotoScores:
        """Scores one prediction of every photo.

        Args:
            predictions: (M, 3, H, W), sRGB; values outside [0, 1] are clamped, as on a screen.
        """
        assert predictions.shape == self._targets.rgb.shape, "one prediction for every photo"
        broken = int((~predictions.isfinite().flatten(1).all(1)).sum())
        if broken:
            return self._unusable(broken)
        reading = self._read(predictions)
        measured = measures(reading)
        terms = self._terms(measured, self.gray_measures)
        value = self._value(terms)
        rejected, warnings = judge(measured, self._guardrails)
        photos = per_photo(reading)
        return PhotoScores(value, terms, measured, photos, rejected, warnings, reading)

    def by_photo(self, reading: Reading, photos: Sequence[int]) -> tuple[float, ...]:
        """What each photo says the score is; their mean is the score.

        Args:
            reading: Of predictions of all squares.
            photos: For each square the photo that it was cut out of, counted from 0.
        """
        return photo_scores(
            lambda some: self.score_of(reading.part(some), self.gray_reading.part(some)), photos
        )

    def score_of(self, reading: Reading, gray: Reading) -> float:
        """The score of what was read off some photos.

        Args:
            reading: Of their predictions.
            gray: Of the same photos without color, which are the score's unit.
        """
        return self._value(self._terms(measures(reading), measures(gray)))

    def _value(self, terms: Mapping[str, float]) -> float:
        return float(sum(map(operator.mul, self._importances, terms.values())))

    def _terms(self, measured: Mapping[str, float], gray: Mapping[str, float]) -> dict[str, float]:
        normalized = (
            measured["lpips"] / gray["lpips"],
            (1 - measured["ab_ssim"]) / (1 - gray["ab_ssim"]),
            measured["colorfulness_gap"] / gray["colorfulness_gap"],
            COST * max(0.0, measured["cast"] - FREE),
            COST * max(0.0, measured["lightness_rmse"] - FREE),
        )
        return dict(zip(TERMS, map(operator.mul, self._shares, normalized), strict=True))

    @torch.no_grad()
    def _read(self, predictions: Tensor) -> Reading:
        readings = []
        with torch.autocast(predictions.device.type, enabled=False):
            for place in self._places():
                photos = Photos.of(predictions[place].float().clamp(0, 1))
                embedding = self.perceptual.embed(photos.rgb)
                lpips = self.perceptual.between(embedding, self._embedding(place))
                readings.append(read(photos, self._part(place), lpips))
        return joined(readings)

    def _places(self) -> Iterator[slice]:
        for start in range(0, len(self._targets.rgb), self._chunk):
            yield slice(start, start + self._chunk)

    def _part(self, place: slice) -> Photos:
        """Some targets; what measurements compute of them is kept, too, as embeddings are."""
        if place.start not in self._parts:
            part = self._targets.part(place)
            if place.stop * part.rgb[0, 0].numel() * _BYTES_A_PIXEL > _KEPT_BYTES:
                return part
            self._parts[place.start] = part
        return self._parts[place.start]

    def _embedding(self, place: slice) -> Embedding:
        """The embedding of targets; it is kept where all of them together need below 1 GiB."""
        if place.start not in self._embeddings:
            embedding = self.perceptual.embed(self._targets.rgb[place])
            self._kept_bytes += sum(level.nbytes for level in embedding)
            if self._kept_bytes > _KEPT_BYTES:
                return embedding
            self._embeddings[place.start] = embedding
        return self._embeddings[place.start]

    def _unusable(self, broken: int) -> PhotoScores:
        return PhotoScores(
            value=math.nan,
            terms=dict.fromkeys(TERMS, math.nan),
            measures=dict.fromkeys(self.gray_measures, math.nan),
            per_photo={},
            rejected=f"{broken} of {len(self._targets.rgb)} predictions hold NaN or infinity",
        )


def judge(measured: Mapping[str, float], guardrails: GuardrailsSpec) -> tuple[str, tuple[str, ...]]:
    """Applies the guardrails: a sentence why to reject, or '', and the warnings.

    Args:
        measured: `color_noise` and `lightness_drift`, by the names of `measures.measures`.
        guardrails: Whether to reject, to warn or to ignore.
    """
    noise, drift = measured["color_noise"], measured["lightness_drift"]
    noticed: list[tuple[Reaction, str]] = []
    if noise > MOST_COLOR_NOISE:
        text = f"color noise: colors change {noise:.2g} times as much from pixel to pixel as in "
        noticed.append((guardrails.color_noise, f"{text}the photos (limit {MOST_COLOR_NOISE:g})"))
    if abs(drift) > MOST_DRIFT:
        side = "brighter" if drift > 0 else "darker"
        text = f"brightness drift: {abs(drift):.1f} Lab units {side} than the photos"
        noticed.append((guardrails.brightness_drift, f"{text} (limit {MOST_DRIFT:g})"))
    rejections = [text for reaction, text in noticed if reaction == "reject"]
    return "; ".join(rejections), tuple(text for reaction, text in noticed if reaction == "warn")


def _check_targets(targets: Tensor) -> None:
    if len(targets) == 0 or min(targets.shape[-2:]) < 2 * POOL:
        raise PhotosError(
            f"the score needs at least one held-out photo, {2 * POOL}x{2 * POOL} pixels or more, "
            f"got shape {tuple(targets.shape)}"
        )

"""Makes the case of two folders: predictions of any training script, and the true photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tuner.color.measures import Photos, Reading, joined, read_colors
from tuner.color.spaces import gray_of
from tuner.data.decoding import decode
from tuner.data.survey import LEAST_CHROMA
from tuner.diagnosis.case import Case, Picture, Views
from tuner.diagnosis.pairs import Pair, match, require_pairs
from tuner.errors import PhotosError
from tuner.wording import some

MEASURED = 128
"""Short side in pixels at which colors are compared; the thresholds hold for this size."""

SHOWN = 256
LEAST_SIDE = 16
SHAPE_OFF = 0.03
"""The largest relative difference of two aspect ratios that rounding to pixels can cause."""


class UnusablePicture(Exception):
    """A picture or pair that cannot be used; the text says why."""


class _Sized(NamedTuple):
    prediction: Image.Image
    photo: Image.Image
    resized: bool


def case_of_folders(predictions: Path, targets: Path) -> Case:
    """Measures all pairs, one after the other.

    Raises:
        PhotosError: A folder cannot be used, or there are too few pairs.
    """
    matching = match(predictions, targets)
    used: list[Pair] = []
    readings: list[Reading] = []
    left_out: list[str] = []
    resized = 0
    for pair in matching.pairs:
        try:
            sized = _open(pair, MEASURED)
        except UnusablePicture as problem:
            left_out.append(f"{pair.name} ({problem})")
            continue
        used.append(pair)
        resized += sized.resized
        readings.append(_read(sized))
    reasons = f"; left out: {', '.join(left_out[:3])}" if left_out else ""
    require_pairs(len(used), f"of {len(matching.pairs)} pairs can be compared{reasons}")
    reading = joined(readings)
    _require_color(reading, targets)
    remarks = (
        some_names("prediction has no photo", matching.lonely_predictions),
        some_names("photo has no prediction", matching.lonely_targets),
        some_names("pair was left out", left_out),
        _about_sizes(resized),
    )
    return Case(
        title=f"{len(used)} predictions in {predictions}",
        reading=reading,
        shown=reading,
        names=tuple(pair.name for pair in used),
        views=lambda index: _views(used[index]),
        remarks=tuple(filter(None, remarks)),
    )


def _open(pair: Pair, short_side: int) -> _Sized:
    """Both pictures at one size, their short side at most `short_side`."""
    prediction, photo = (
        _decode(path, short_side, what)
        for path, what in ((pair.prediction, "prediction"), (pair.target, "photo"))
    )
    (wide, high), (width, height) = prediction.size, photo.size
    if abs(wide * height / (high * width) - 1) > SHAPE_OFF:
        raise UnusablePicture(f"{wide}x{high}, its photo {width}x{height}: not the same shape")
    smaller = min(prediction.size, photo.size)
    scale = min(1.0, short_side / min(smaller))
    size = (max(1, round(smaller[0] * scale)), max(1, round(smaller[1] * scale)))
    if min(size) < LEAST_SIDE:
        raise UnusablePicture(f"{wide}x{high}, at least {LEAST_SIDE} pixels a side are needed")
    return _Sized(
        reduced(prediction, size),
        reduced(photo, size),
        resized=_file_sides(pair.prediction) != _file_sides(pair.target),
    )


def _decode(path: Path, short_side: int, what: str) -> Image.Image:
    try:
        return decode(path, short_side=2 * short_side)
    except Exception as problem:  # decoders of damaged files raise anything
        raise UnusablePicture(f"the {what} cannot be read: {problem}") from problem


def _file_sides(path: Path) -> list[int]:
    """The two sides, sorted, as decoding may turn a picture upright."""
    with Image.open(path) as image:
        return sorted(image.size)


def reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at a size; the same object where it has that size."""
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _read(sized: _Sized) -> Reading:
    with torch.no_grad():
        return read_colors(
            *(Photos.of(as_tensor(side)) for side in (sized.prediction, sized.photo))
        )


def as_tensor(image: Image.Image) -> Tensor:
    """RGB (1, 3, H, W) in [0, 1]."""
    pixels = torch.from_numpy(np.asarray(image).copy())
    return pixels.permute(2, 0, 1)[None].float() / 255


def _views(pair: Pair) -> Views:
    sized = _open(pair, SHOWN)
    gray = gray_of(as_tensor(sized.photo))[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    return Views(gray, _pixels(sized.prediction), _pixels(sized.photo))


def _pixels(image: Image.Image) -> Picture:
    return np.asarray(image)


def _require_color(reading: Reading, targets: Path) -> None:
    chroma = reading.values["_chroma_target"].mean().item()
    if chroma < LEAST_CHROMA:
        raise PhotosError(
            f"--targets: the pictures in '{targets}' have no color (mean chroma {chroma:.1f}, "
            f"{LEAST_CHROMA:g} is needed); the color photos are needed, not the gray input"
        )


def some_names(what: str, names: Sequence[str]) -> str:
    """Such as `2 predictions have no photo: a.png, b.png`."""
    if not names:
        return ""
    noun, _, rest = what.partition(" ")
    if len(names) > 1:
        noun += "s"
        rest = rest.replace("has ", "have ").replace("was ", "were ")
    return f"{len(names)} {noun} {rest}: {some(names)}"


def _about_sizes(resized: int) -> str:
    if not resized:
        return ""
    noun, differ = ("prediction", "differs") if resized == 1 else ("predictions", "differ")
    return (
        f"{resized} {noun} {differ} in size from the photo, and both were compared at the smaller "
        "size"
    )

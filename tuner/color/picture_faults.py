"""Faults of predictions that no weight of a loss makes or mends: how they were written and cut.

A colorizer changes colors, so its predictions lie over the photos and have about their luminance.
Where they fit far better once they are mirrored, turned, moved, or have red and blue exchanged,
the script does that to them. Nothing is said without such evidence: a network that has learned
nothing fits badly in every way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.registration import phase_cross_correlation

from tuner.color.spaces import gray_of

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
Pair = tuple[Picture, Picture]
"""A prediction and its photo, (H, W, 3) each."""

MOST_LOOKED_AT = 24
FLAT = 3.0
"""Standard deviation, of 255, below which a picture shows nothing."""

IN_PLACE = 0.98
"""Correlation of luminance from which on a prediction lies over its photo."""

FITS = 0.9
FAR_BETTER = 0.4
"""Part of the misfit that may be left once the fault is undone."""

EXCHANGED, HARDLY_OFF = 0.25, 1.5
"""The same for an exchange of red and blue, and the misfit, of 255, that rounding may explain."""

AGAINST, OPPOSITE = -0.3, -0.6
"""Correlation of red minus blue with the photos': where luminance tells the exchange, and where it
only does not speak against it. A tint alone, which has no such correlation, is a symptom."""

FARTHEST = 0.25
"""Of a side: how far pictures are moved against each other."""


def find_fault(
    pairs: Sequence[Pair], originals: Sequence[tuple[int, int] | None] | None = None
) -> str:
    """What is wrong with predictions of a script: they show nothing, or were written wrongly.

    Args:
        pairs: Predictions with their photos, of equal size in each pair.
        originals: Width and height of the files whose middle the photos are; None where a photo
            was not cut.

    Returns:
        A sentence without a period; empty where nothing is.
    """
    return _blank([prediction for prediction, _ in pairs]) or find_writing_fault(pairs, originals)


def find_writing_fault(
    pairs: Sequence[Pair], originals: Sequence[tuple[int, int] | None] | None = None
) -> str:
    """The same without a look at whether they show nothing, or no color."""
    every = max(1, -(-len(pairs) // MOST_LOOKED_AT))
    pairs, originals = pairs[::every], (originals or [None] * len(pairs))[::every]
    planes = [(_luminance(prediction), _luminance(photo)) for prediction, photo in pairs]
    return _misplaced(planes, originals) or _exchanged(pairs, planes)


def _blank(predictions: Sequence[Picture]) -> str:
    if all(picture.std(axis=(0, 1)).max() < FLAT for picture in predictions):
        mean = float(np.mean([picture.mean() for picture in predictions]))
        color = "black" if mean < FLAT else "white" if mean > 255 - FLAT else "of a single color"
        return f"the predictions are {color} from edge to edge"
    if all(int(np.ptp(picture.astype(np.int16), axis=2).max()) <= 1 for picture in predictions):
        return "the predictions are gray: not one pixel has a color"
    return ""


def _misplaced(
    planes: Sequence[tuple[Plane, Plane]], originals: Sequence[tuple[int, int] | None]
) -> str:
    """Mirrored, turned, negative, squeezed or moved."""
    usual = _fit(planes)
    if usual >= IN_PLACE:
        return ""
    tried = [(_fit(other), said) for said, other in _undone(planes, originals)]
    best, said = max(tried, default=(-1.0, ""))
    if best < FITS or 1 - best > FAR_BETTER * (1 - usual):
        return ""
    return f"{said} (their luminance correlates with the photos' by {usual:.2f}, so by {best:.2f})"


def _undone(
    planes: Sequence[tuple[Plane, Plane]], originals: Sequence[tuple[int, int] | None]
) -> Iterator[tuple[str, list[tuple[Plane, Plane]]]]:
    """The pairs with each fault undone, and its sentence."""
    turns: list[tuple[str, Callable[[Plane], Plane]]] = [
        ("the predictions are mirrored, left and right are exchanged", np.fliplr),
        ("the predictions stand upside down", np.flipud),
        ("the predictions are turned by 180 degrees", lambda plane: np.rot90(plane, 2)),
        ("the predictions are negatives", lambda plane: -plane),
    ]
    if all(plane.shape[0] == plane.shape[1] for plane, _ in planes):
        turns += [
            ("the predictions are turned by 90 degrees", lambda plane: np.rot90(plane, 1)),
            ("the predictions are turned by 90 degrees", lambda plane: np.rot90(plane, 3)),
        ]
    for said, turn in turns:
        yield said, [(turn(plane), photo) for plane, photo in planes]
    if any(size is not None and size[0] != size[1] for size in originals):
        said = "the predictions do not lie over the photos: they were resized instead of cut"
        cut = [_middle(plane, size) for (plane, _), size in zip(planes, originals, strict=True)]
        yield said, [(one, photo) for one, (_, photo) in zip(cut, planes, strict=True)]
    down, right = _usual_move(planes)
    if down or right:
        yield _told_move(down, right), [_overlap(*pair, down, right) for pair in planes]


def _middle(plane: Plane, original: tuple[int, int] | None) -> Plane:
    """What a squeezed picture shows of the square in the middle of its original."""
    if original is None or original[0] == original[1]:
        return plane
    width, height = original
    side = len(plane)
    wide = side * min(1.0, height / width)
    high = side * min(1.0, width / height)
    box = ((side - wide) / 2, (side - high) / 2, (side + wide) / 2, (side + high) / 2)
    image = Image.fromarray(plane).resize((side, side), Image.Resampling.BICUBIC, box)
    return np.asarray(image)


def _usual_move(planes: Sequence[tuple[Plane, Plane]]) -> tuple[int, int]:
    """By how many pixels most predictions have to be moved back, down and right."""
    votes = Counter(_move(prediction, photo) for prediction, photo in planes)
    (move, count), *_ = votes.most_common(1)
    return move if 2 * count > len(planes) else (0, 0)


def _move(prediction: Plane, photo: Plane) -> tuple[int, int]:
    """Where the cross-correlation of the two has its peak."""
    ours, theirs = prediction - prediction.mean(), photo - photo.mean()
    back, _, _ = phase_cross_correlation(theirs, ours, normalization=None)  # type: ignore[no-untyped-call]  # skimage ships no types
    down, right = (-round(float(one)) for one in back)
    height, width = photo.shape
    near = abs(down) <= FARTHEST * height and abs(right) <= FARTHEST * width
    return (down, right) if near else (0, 0)


def _overlap(prediction: Plane, photo: Plane, down: int, right: int) -> tuple[Plane, Plane]:
    """The parts of both that show the same once the prediction is moved back."""
    height, width = photo.shape
    ours = prediction[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    theirs = photo[max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)]
    return ours, theirs


def _told_move(down: int, right: int) -> str:
    parts = []
    if right:
        parts.append(f"{abs(right)} px to the {'right' if right > 0 else 'left'}")
    if down:
        parts.append(f"{abs(down)} px {'down' if down > 0 else 'up'}")
    return f"the predictions are moved by {' and '.join(parts)}"


def _exchanged(pairs: Sequence[Pair], planes: Sequence[tuple[Plane, Plane]]) -> str:
    """Red and blue: with them exchanged back, luminance or colors fit far better."""
    usual = _misfit(planes)
    exchanged = [_luminance(prediction[..., ::-1]) for prediction, _ in pairs]
    back = _misfit([(ours, photo) for ours, (_, photo) in zip(exchanged, planes, strict=True)])
    clear = usual > HARDLY_OFF and back < EXCHANGED * usual
    if back >= usual or _redness(pairs) > (AGAINST if clear else OPPOSITE):
        return ""
    return (
        "red and blue of the predictions are exchanged, as cv2.imwrite does with RGB (exchanged "
        f"back, their luminance is off by {back:.1f} of 255 instead of {usual:.1f})"
    )


def _redness(pairs: Sequence[Pair]) -> float:
    """Correlation of red minus blue with the photos'."""
    ours, theirs = (
        np.concatenate([np.ravel(pair[side][..., 0] - pair[side][..., 2].astype(np.float32))
                        for pair in pairs])
        for side in (0, 1)
    )  # fmt: skip
    return _correlation(ours, theirs)


def _misfit(planes: Sequence[tuple[Plane, Plane]]) -> float:
    return float(np.mean([np.abs(prediction - photo).mean() for prediction, photo in planes]))


def _fit(planes: Sequence[tuple[Plane, Plane]]) -> float:
    return float(np.mean([_correlation(*pair) for pair in planes]))


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt(np.square(first).sum() * np.square(second).sum()))
    return float((first * second).sum()) / size if size else 0.0


def _luminance(picture: Picture) -> Plane:
    """Of 255, (H, W)."""
    rgb = torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 255
    return np.asarray(gray_of(rgb)[0].mul(255).numpy(), np.float32)

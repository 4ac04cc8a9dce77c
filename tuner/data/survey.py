"""Decides for each photograph of a folder whether color can be learned from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from tuner.data.decoding import decode, strips
from tuner.data.discovery import find_pictures
from tuner.errors import PhotosError

LEAST_PHOTOS = 4  # so that no single scene decides more than a quarter of the score
SMALL = 16  # pixels a side of what tells photos that look alike
LEAST_CHROMA = 2.0  # Lab units; about the smallest difference that people notice

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not used.

    Attributes:
        reason: `broken`, `unreadable`, `too large`, `too small`, `gray`, `duplicate`, `held out`.
        detail: Details of the reason.
    """

    name: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Photo:
    """A picture that color can be learned from.

    Attributes:
        name: Path below the folder, or the name of a sample photo.
        width: In pixels, as seen (turned as its EXIF data say).
        digest: SHA-256 of the decoded pixels; equal for equal pictures of any format.
        small: RGB of the whole photo, `SMALL` pixels a side, which tells photos that look alike.
    """

    name: str
    path: Path
    width: int
    height: int
    digest: str
    small: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True)
class Survey:
    """The usable and the unusable pictures of a folder, in the order of names."""

    place: str
    photos: tuple[Photo, ...]
    left_out: tuple[LeftOut, ...]


def survey(
    place: str,
    progress: Progress | None = None,
    *,
    asked: str = "data.photos",
    least_side: int = 40,
) -> Survey:
    """Decodes every picture of a folder, one at a time, and decides which can be used.

    Args:
        place: A folder, searched through all its subfolders, or `sample`.
        progress: Called with the number of pictures judged and their total.
        asked: The key of the study file, for the error sentence.
        least_side: Pictures whose short side has fewer pixels are too small.

    Raises:
        PhotosError: The folder cannot be used; the sentence says why.
    """
    pictures = find_pictures(place, asked=asked)
    usable: dict[str, Photo] = {}
    left_out: list[LeftOut] = []
    for done, (name, path) in enumerate(pictures.items(), start=1):
        verdict = _judge(name, path, least_side)
        if isinstance(verdict, Photo) and verdict.digest in usable:
            verdict = LeftOut(name, "duplicate", f"equals {usable[verdict.digest].name}")
        if isinstance(verdict, Photo):
            usable[verdict.digest] = verdict
        else:
            left_out.append(verdict)
        if progress:
            progress(done, len(pictures))
    require_photos(len(usable), left_out, place, asked)
    return Survey(place, tuple(usable.values()), tuple(left_out))


def mean_chroma(image: Image.Image) -> float:
    """How much color an RGB picture has: the mean of sqrt(a^2 + b^2), in CIE Lab units.

    LittleCMS converts from sRGB (8 bit, so steps of 1). It is measured on a copy of at most
    128 pixels a side, in which the color noise of a gray picture has averaged out.
    """
    small = image.copy()
    small.thumbnail((128, 128))
    lab = np.asarray(ImageCms.applyTransform(small, _to_lab()))
    return float(np.hypot(*np.moveaxis(lab[..., 1:].view(np.int8).astype(float), -1, 0)).mean())


def require_photos(usable: int, left_out: Iterable[LeftOut], place: str, asked: str) -> None:
    """Refuses a folder with fewer than `LEAST_PHOTOS` usable photos.

    Raises:
        PhotosError: Says how many there are, and why the others were left out.
    """
    if usable >= LEAST_PHOTOS:
        return
    reasons = Counter(one.reason for one in left_out)
    if not usable and reasons["gray"] and set(reasons) <= {"gray", "duplicate", "broken"}:
        raise PhotosError(
            f"{asked}: no picture in '{place}' has color ({count_reasons(reasons)}; gray means "
            f"a mean chroma below {LEAST_CHROMA:g}); color photos are needed, the gray input is "
            "made from them"
        )
    others = f"; left out: {count_reasons(reasons)}" if reasons else ""
    raise PhotosError(
        f"{asked}: '{place}' has {usable or 'no'} usable photo{'s' * (usable != 1)}, at least "
        f"{LEAST_PHOTOS} are needed so that no single scene decides the score{others}"
    )


def count_reasons(reasons: Counter[str]) -> str:
    """Such as `2 gray, 1 broken`, the most frequent first."""
    return ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())


def _judge(name: str, path: Path, least_side: int) -> Photo | LeftOut:
    try:
        image = decode(path)
    except PermissionError as problem:
        return LeftOut(name, "unreadable", str(problem.strerror))
    except Image.DecompressionBombError as problem:
        return LeftOut(name, "too large", str(problem))
    except Exception as problem:  # noqa: BLE001 - decoders of damaged files raise anything
        return LeftOut(name, "broken", str(problem) or type(problem).__name__)
    size = f"{image.width}x{image.height}"
    if min(image.size) < least_side:
        return LeftOut(name, "too small", f"{size}, the short side needs {least_side} px")
    chroma = mean_chroma(image)
    if chroma < LEAST_CHROMA:
        return LeftOut(name, "gray", f"mean chroma {chroma:.1f}, {LEAST_CHROMA:g} is needed")
    content = hashlib.sha256(size.encode())
    for strip in strips(image):
        content.update(strip.tobytes())
    small = image.resize((SMALL, SMALL), Image.Resampling.BOX).tobytes()
    return Photo(name, path, image.width, image.height, content.hexdigest(), small)


@cache
def _to_lab() -> ImageCms.ImageCmsTransform:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(srgb, lab, "RGB", "LAB")

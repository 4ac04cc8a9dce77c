"""Photographs: found in a folder, decoded to sRGB, and judged whether color can be learned."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from tuner.errors import PhotosError
from tuner.training.samples import sample_pictures

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
LEAST_PHOTOS = 4  # so that no single scene decides more than a quarter of the score
LEAST_CHROMA = 2.0  # Lab units; about the smallest difference that people notice
MOST_PIXELS = 89_478_485  # where Pillow begins to suspect a decompression bomb

# Not every format Pillow knows: some of them start other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
_BAD_METADATA = (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not used.

    Attributes:
        reason: `broken`, `unreadable`, `too large`, `too small`, `gray`, `duplicate`, `held out`.
        detail: What exactly was found.
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
        digest: SHA-256 of the decoded pixels; equal for equal pictures, whatever the format.
    """

    name: str
    path: Path
    width: int
    height: int
    digest: str


@dataclass(frozen=True)
class Survey:
    """What a folder has to offer, in the order of names."""

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
    """Decodes every picture of a folder, one at a time, and tells which can be used.

    Args:
        place: A folder, searched through all its subfolders, or `sample`.
        progress: Is told how many pictures are judged, and how many there are.
        asked: The key of the study file, for the text of a refusal.
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


def find_pictures(place: str, *, asked: str = "data.photos") -> dict[str, Path]:
    """The pictures of a folder by name, sorted, without opening them; hidden ones are skipped.

    Raises:
        PhotosError: There is no such folder, or no picture in it.
    """
    if place == "sample":
        return sample_pictures()
    try:
        found = _listed(place, asked)
    except OSError as problem:
        raise PhotosError(
            f"{asked}: '{problem.filename}' cannot be read ({problem.strerror})"
        ) from problem
    if not found:
        raise PhotosError(f"{asked}: there is no picture in '{place}' ({', '.join(SUFFIXES)})")
    return found


def decode(path: Path, *, short_side: int | None = None) -> Image.Image:
    """A picture as 8-bit sRGB, turned upright, its transparent parts white.

    An animation gives its first frame.

    Args:
        path: The file.
        short_side: A JPEG may be decoded smaller, if its short side keeps this many pixels.

    Raises:
        Image.DecompressionBombError: It has more than `MOST_PIXELS`.
        Exception: Whatever a decoder raises on a damaged file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about metadata and size; the size is checked here
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError(f"{image.width}x{image.height} pixels")
            if short_side:
                image.draft(None, (short_side, short_side))
            image.load()
            with suppress(*_BAD_METADATA):  # the pixels are sound, so it stays as it lies
                ImageOps.exif_transpose(image, in_place=True)
            return _in_srgb(image)


def mean_chroma(image: Image.Image) -> float:
    """How much color an RGB picture has: the mean of sqrt(a^2 + b^2), in CIE Lab units.

    LittleCMS converts from sRGB (8 bit, so steps of 1). It is taken from a reduction to at
    most 128 pixels a side, where the color noise of a gray picture has averaged out.
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


def _listed(place: str, asked: str) -> dict[str, Path]:
    folder = Path(place)
    with suppress(RuntimeError):  # no such user: then there is no such folder either
        folder = folder.expanduser()
    if not folder.exists():
        raise PhotosError(f"{asked}: there is no folder '{place}'{_nearest(folder)}")
    if not folder.is_dir():
        raise PhotosError(f"{asked}: '{place}' is a file, a folder of photos is needed")
    return {path.relative_to(folder).as_posix(): path for path in _walk(folder, set())}


def _nearest(folder: Path) -> str:
    missing = folder.absolute()
    while not missing.parent.is_dir():
        missing = missing.parent
    with suppress(OSError):
        names = [one.name for one in missing.parent.iterdir() if one.is_dir()]
        near = get_close_matches(missing.name, [*names, "sample"], n=1)
        if near:
            return f" (did you mean '{missing.parent / near[0] if near[0] in names else near[0]}'?)"
    return " (name a folder of color photos, or 'sample')"


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    if folder.resolve() in seen:  # a link leads here again
        return
    seen.add(folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, seen)
        elif path.suffix.lower() in SUFFIXES and (path.is_file() or not path.exists()):
            yield path  # a dangling link is kept, to be counted as broken; a pipe is not


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
    content.update(image.tobytes())
    return Photo(name, path, image.width, image.height, content.hexdigest())


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        over = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(over, image.convert("RGBA")).convert("RGB")
    elif image.mode[0] in "IF":  # gray with more than 8 bits; 16-bit color arrives as RGB
        gray = np.asarray(image, dtype=float)
        image = Image.fromarray((gray * (255 / max(gray.max(), 1))).clip(0, 255).astype(np.uint8))
    elif image.mode != "CMYK":
        image = image.convert("RGB")
    if profile:
        with suppress(ImageCms.PyCMSError, *_BAD_METADATA):  # then it is taken for sRGB
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
            image = converted or image
    return image.convert("RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@cache
def _to_lab() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(_srgb(), lab, "RGB", "LAB")

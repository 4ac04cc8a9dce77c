"""Decodes a picture file of any format, mode, profile or orientation to 8-bit sRGB pixels."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

MOST_PIXELS = 89_478_485  # where Pillow begins to suspect a decompression bomb

ROWS = 256  # of a strip

# Not every format Pillow knows: some of them start other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
_BAD_METADATA = (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error)


def decode(path: Path, *, short_side: int | None = None) -> Image.Image:
    """A picture as 8-bit sRGB, turned upright, its transparent parts white.

    An animation gives its first frame.

    Args:
        path: The file.
        short_side: A JPEG may be decoded smaller, if its short side keeps this many pixels.

    Raises:
        Image.DecompressionBombError: It has more than `MOST_PIXELS`.
        Exception: What a decoder raises on a damaged file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about metadata and size; the size is checked here
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Image.DecompressionBombError(f"{image.width}x{image.height} pixels")
            if short_side:
                image.draft(None, (short_side, short_side))
            image.load()
            with suppress(*_BAD_METADATA):  # the pixels are sound, so it is not turned
                ImageOps.exif_transpose(image, in_place=True)
            return _in_srgb(image)


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = _in_strips(image, _on_white)
    elif image.mode[0] in "IF":  # gray with more than 8 bits; 16-bit color arrives as RGB
        image = _in_strips(image, _eight_bits(image))
    elif image.mode not in ("CMYK", "RGB"):
        image = image.convert("RGB")
    if profile:
        with suppress(ImageCms.PyCMSError, *_BAD_METADATA):  # then it counts as sRGB
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
            image = converted or image
    return image if image.mode == "RGB" else image.convert("RGB")


def strips(image: Image.Image) -> Iterator[Image.Image]:
    """Horizontal parts from top to bottom; so nothing needs a further copy of a large picture."""
    for top in range(0, image.height, ROWS):
        yield image.crop((0, top, image.width, min(top + ROWS, image.height)))


def _in_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    whole = Image.new("RGB", image.size)
    for number, strip in enumerate(strips(image)):
        whole.paste(convert(strip), (0, number * ROWS))
    return whole


def _on_white(strip: Image.Image) -> Image.Image:
    white = Image.new("RGBA", strip.size, "white")
    return Image.alpha_composite(white, strip.convert("RGBA")).convert("RGB")


def _eight_bits(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Scales gray of more bits so that the lightest pixel of the picture is white, at most."""
    lightest = max(float(np.nanmax(np.asarray(strip), initial=1)) for strip in strips(image))

    def scaled(strip: Image.Image) -> Image.Image:
        gray = np.nan_to_num(np.asarray(strip, dtype=float)) * (255 / lightest)
        return Image.fromarray(gray.clip(0, 255).astype(np.uint8)).convert("RGB")

    return scaled


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

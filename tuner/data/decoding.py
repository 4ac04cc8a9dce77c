"""Decodes a picture file of any format, mode, profile or orientation to 8-bit sRGB pixels."""

from __future__ import annotations

import struct
import warnings
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

MOST_PIXELS = 89_478_485  # where Pillow begins to suspect a decompression bomb

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
        over = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(over, image.convert("RGBA")).convert("RGB")
    elif image.mode[0] in "IF":  # gray with more than 8 bits; 16-bit color arrives as RGB
        gray = np.asarray(image, dtype=float)
        image = Image.fromarray((gray * (255 / max(gray.max(), 1))).clip(0, 255).astype(np.uint8))
    elif image.mode != "CMYK":
        image = image.convert("RGB")
    if profile:
        with suppress(ImageCms.PyCMSError, *_BAD_METADATA):  # then it counts as sRGB
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
            image = converted or image
    return image.convert("RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

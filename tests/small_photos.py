"""Colorful pictures that need no photographer, and folders full of them."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tuner.spec.study import DataSpec


def colorful(seed: int, width: int = 60, height: int = 44) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


def fill(folder: Path, seeds: range = range(4), width: int = 60, height: int = 44) -> Path:
    folder.mkdir(exist_ok=True)
    for seed in seeds:
        colorful(seed, width, height).save(folder / f"p{seed}.png")
    return folder


def fill_wide(folder: Path, seeds: range) -> Path:
    """Photos of which each gives several squares of 32 px."""
    return fill(folder, seeds, width=210, height=130)


def data_of(folder: Path, **settings) -> DataSpec:
    return DataSpec(**{"photos": str(folder), "image_size": 32, **settings})


def png(width: int, height: int, *, bits: int, color: int, rows: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

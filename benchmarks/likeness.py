"""How well `tuner check` tells the same photo, saved again, from other photos.

    python benchmarks/likeness.py --photos DIR

Every photo is saved again in several ways and compared with itself; then all are compared with
each other. Printed are correlations of thumbnails, as `tuner/data/duplicates.py` has them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tuner.data.decoding import decode
from tuner.data.discovery import find_pictures
from tuner.data.duplicates import ALIKE, likeness, thumbnails

SIDE = 64


def resized(photo: Image.Image) -> Image.Image:
    """Half the size."""
    return photo.resize((photo.width // 2, photo.height // 2))


def brighter(photo: Image.Image) -> Image.Image:
    """Brighter by a tenth."""
    return photo.point(lambda value: min(255, round(value * 1.1)))


def cropped(photo: Image.Image) -> Image.Image:
    """Without a fortieth on every side."""
    left, top = photo.width // 40, photo.height // 40
    return photo.crop((left, top, photo.width - left, photo.height - top))


WAYS: tuple[tuple[str, Callable[[Image.Image], Image.Image], int], ...] = (
    ("JPEG quality 40", lambda photo: photo, 40),
    ("brighter by a tenth", brighter, 95),
    ("half the size", resized, 95),
    ("5 % cropped", cropped, 95),
)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", default="sample", help="a folder of color photos")
    paths = list(find_pictures(parser.parse_args().photos).values())
    seen = thumbnails_of(paths)
    others = likeness(seen, seen).fill_diagonal_(0)
    print(f"{len(paths)} photos, alike from {ALIKE} on")
    print(
        f"| other photos | highest {others.max():.3f} | {int((others >= ALIKE).sum()) // 2} pairs |"
    )
    for name, change, quality in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            again = [Path(folder, f"{number}.jpg") for number in range(len(paths))]
            for path, copy in zip(paths, again, strict=True):
                change(decode(path)).save(copy, quality=quality)
            same = (thumbnails_of(again) * seen).sum(dim=1)
        found = (same >= ALIKE).float().mean()
        print(
            f"| {name} | lowest {same.min():.3f}, median {same.median():.3f} | {found:.1%} found |"
        )


def thumbnails_of(paths: Sequence[Path]) -> Tensor:
    """As a check takes them."""
    pictures = [
        np.array(decode(path, short_side=SIDE).resize((SIDE, SIDE), Image.Resampling.BOX))
        for path in paths
    ]
    return thumbnails(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))


if __name__ == "__main__":
    main()

"""Counts how often photographs have each color: the prior of `tuner/color/rare_colors.py`.

    python benchmarks/color_prior.py FOLDER [--into FILE]

Photos are made small first, so each counts about as much as any other, and grain does not.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tuner.color.rare_colors import BINS, PRIOR, count_colors
from tuner.color.spaces import rgb_to_lab
from tuner.data.decoding import decode
from tuner.data.discovery import find_pictures
from tuner.files.atomic import write_whole

SIDE = 128
"""Pixels of the longer side."""


def main() -> None:
    """Writes the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos")
    parser.add_argument("--into", type=Path, default=PRIOR)
    asked = parser.parse_args()
    pictures = find_pictures(asked.photos)
    counts = torch.zeros(BINS, BINS, dtype=torch.long)
    for picture in pictures.values():
        counts += _count(picture)
    write_whole(asked.into, json.dumps({"photos": len(pictures), "counts": counts.tolist()}) + "\n")


def _count(picture: Path) -> torch.Tensor:
    image = decode(picture, short_side=SIDE)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    rgb = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1) / 255
    return count_colors(rgb_to_lab(rgb)[1:])


if __name__ == "__main__":
    main()

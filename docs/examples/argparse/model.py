"""What training and test share."""

from pathlib import Path

import numpy as np
from PIL import Image


def features(gray):
    """What a pixel's color is guessed from: its lightness, and where it is."""
    rows, columns = np.mgrid[-1 : 1 : gray.shape[0] * 1j, -1 : 1 : gray.shape[1] * 1j]
    return np.stack([np.ones_like(gray), gray, gray**2, gray**3, rows, columns, rows * gray], -1)


def read(folder):
    """All photos of a folder by name, in 0..1."""
    return {
        path.stem: np.asarray(Image.open(path)) / 255 for path in sorted(Path(folder).iterdir())
    }

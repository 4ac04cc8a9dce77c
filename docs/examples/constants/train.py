"""Colors gray photos by a formula that is learned: one script, its settings at the top."""

from pathlib import Path

import numpy as np
from PIL import Image

PIXEL_WEIGHT = 1.0
RESTRAINT_WEIGHT = 1.0  # keeps colors from running wild
STEPS = 2000
SEED = 0
TRAIN = "data/train"  # color photos
GRAY = "data/test"  # gray ones, to be colored
RESULTS = "results"


def features(gray):
    """What a pixel's color is guessed from: its lightness, and where it is."""
    rows, columns = np.mgrid[-1 : 1 : gray.shape[0] * 1j, -1 : 1 : gray.shape[1] * 1j]
    return np.stack([np.ones_like(gray), gray, gray**2, gray**3, rows, columns, rows * gray], -1)


def read(folder):
    """All photos of a folder by name, in 0..1."""
    return {
        path.name: np.asarray(Image.open(path)) / 255 for path in sorted(Path(folder).iterdir())
    }


random = np.random.default_rng(SEED)
photos = list(read(TRAIN).values())
inputs = np.concatenate([features(photo.mean(-1)).reshape(-1, 7) for photo in photos])
colors = np.concatenate(
    [(photo - photo.mean(-1, keepdims=True)).reshape(-1, 3) for photo in photos]
)
formula = random.normal(0, 0.01, (7, 3))
for _ in range(STEPS):
    chosen = random.integers(0, len(inputs), 256)
    x, wanted = inputs[chosen], colors[chosen]
    guess = x @ formula
    slope = PIXEL_WEIGHT * (guess - wanted) + RESTRAINT_WEIGHT * guess
    formula -= 0.1 * x.T @ slope / len(chosen)

Path(RESULTS).mkdir(parents=True, exist_ok=True)
for name, photo in read(GRAY).items():
    gray = photo if photo.ndim == 2 else photo.mean(-1)
    colored = gray[..., None] + features(gray) @ formula
    Image.fromarray((colored.clip(0, 1) * 255).astype(np.uint8)).save(Path(RESULTS) / name)

"""A project in the manner of the guide: a trainer, a loss and a model of its own; no arguments."""

from pathlib import Path

import numpy as np
from loss import ColorLoss
from model import Colorizer
from PIL import Image

TRAIN_DIR = "photos/train"
VAL_DIR = "photos/val"
OUT_DIR = "results"
STEPS = 300
VALIDATE_EVERY = 50
SEED = 42


def read(folder):
    """All photos of a folder by name, in 0..1."""
    return {
        path.stem: np.asarray(Image.open(path).convert("RGB")) / 255
        for path in sorted(Path(folder).iterdir())
    }


class Trainer:
    """Teaches a model, and colors the photos of the validation folder now and then."""

    def __init__(self, model, criterion, seed):
        self.model, self.criterion = model, criterion
        self.random = np.random.default_rng(seed)
        self.photos = list(read(TRAIN_DIR).values())

    def fit(self, steps):
        for step in range(1, steps + 1):
            photo = self.photos[self.random.integers(len(self.photos))]
            gray, color = photo.mean(-1), photo - photo.mean(-1, keepdims=True)
            loss, slope = self.criterion(self.model(gray), color)
            self.model.learn(gray, slope)
            if step % VALIDATE_EVERY == 0 or step == steps:
                print(f"step {step}/{steps} loss={loss:.5f}")
                self.validate(step)

    def validate(self, step):
        Path(OUT_DIR).mkdir(parents=True, exist_ok=True)
        for name, photo in read(VAL_DIR).items():
            gray = photo.mean(-1)
            color = (gray[..., None] + self.model(gray)).clip(0, 1)
            Image.fromarray((color * 255).astype(np.uint8)).save(f"{OUT_DIR}/{name}_{step}.png")


if __name__ == "__main__":
    criterion = ColorLoss(perceptual_weight=1.0, ab_weight=1.0, saturation_weight=0.02)
    Trainer(Colorizer(seed=SEED), criterion, SEED).fit(STEPS)

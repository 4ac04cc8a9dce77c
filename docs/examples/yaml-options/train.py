"""Trains as an options file says, and leaves pictures below experiments/NAME/visualization."""

import argparse
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("-opt", required=True)
options = yaml.safe_load(Path(parser.parse_args().opt).read_text())
weights = [options["train"][loss]["loss_weight"] for loss in ("pixel_opt", "restraint_opt")]
assert all(isinstance(weight, float) for weight in weights), weights  # PyYAML reads 1e-3 as text


def features(gray):
    """What a pixel's color is guessed from: its lightness, and where it is."""
    rows, columns = np.mgrid[-1 : 1 : gray.shape[0] * 1j, -1 : 1 : gray.shape[1] * 1j]
    return np.stack([np.ones_like(gray), gray, gray**2, gray**3, rows, columns, rows * gray], -1)


def read(folder):
    """All photos of a folder by name, in 0..1."""
    return {
        path.stem: np.asarray(Image.open(path)) / 255 for path in sorted(Path(folder).iterdir())
    }


random = np.random.default_rng(options["manual_seed"])
photos = list(read(options["datasets"]["train"]["dataroot_gt"]).values())
inputs = np.concatenate([features(photo.mean(-1)).reshape(-1, 7) for photo in photos])
colors = np.concatenate(
    [(photo - photo.mean(-1, keepdims=True)).reshape(-1, 3) for photo in photos]
)
formula = random.normal(0, 0.01, (7, 3))
for current in range(1, options["train"]["total_iter"] + 1):
    chosen = random.integers(0, len(inputs), 256)
    x, wanted = inputs[chosen], colors[chosen]
    guess = x @ formula
    slope = weights[0] * (guess - wanted) + weights[1] * guess
    formula -= 0.1 * x.T @ slope / len(chosen)
    if current % options["logger"]["print_freq"] == 0:
        loss = weights[0] * np.abs(guess - wanted).mean()
        print(f"[{options['name'][:5]}..][epoch:  0, iter: {current:7,}] l_pix: {loss:.4e}")

folder = Path("experiments") / options["name"] / "visualization"
for name, photo in read(options["datasets"]["val"]["dataroot_lq"]).items():
    gray = photo if photo.ndim == 2 else photo.mean(-1)
    colored = gray[..., None] + features(gray) @ formula
    (folder / name).mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray((colored.clip(0, 1) * 255).astype(np.uint8))
    picture.save(folder / name / f"{name}_{current}.png")

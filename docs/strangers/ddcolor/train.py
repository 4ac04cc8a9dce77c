"""A DDColor-like project: YAML with lists and nulls, results in a folder for each photo."""

import argparse
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("-opt", default="options/train.yml")
options = yaml.safe_load(Path(parser.parse_args().opt).read_text())
train = options["train"]
pixel, push = train["pixel_opt"]["loss_weight"], train["colorfulness_opt"]["loss_weight"]
b1, b2 = train["optim_g"]["betas"]
assert options["path"]["pretrain_network_g"] is None


def features(gray):
    """What a pixel's color is guessed from: its lightness, and where it is."""
    rows, columns = np.mgrid[-1 : 1 : gray.shape[0] * 1j, -1 : 1 : gray.shape[1] * 1j]
    return np.stack([np.ones_like(gray), gray, gray**2, gray**3, rows, columns, rows * gray], -1)


def read(folder):
    """All photos of a folder by name, in 0..1."""
    return {
        path.stem: np.asarray(Image.open(path).convert("RGB")) / 255
        for path in sorted(Path(folder).iterdir())
    }


random = np.random.default_rng(options["manual_seed"])
photos = list(read(options["datasets"]["train"]["dataroot_gt"]).values())
inputs = np.concatenate([features(photo.mean(-1)).reshape(-1, 7) for photo in photos])
colors = np.concatenate([(p - p.mean(-1, keepdims=True)).reshape(-1, 3) for p in photos])
formula, slow, fast = random.normal(0, 0.01, (7, 3)), 0.0, 0.0
for current_iter in range(1, train["total_iter"] + 1):
    chosen = random.integers(0, len(inputs), 256)
    guess = inputs[chosen] @ formula
    slope = pixel * (guess - colors[chosen]) - push * np.sign(guess)
    slope = inputs[chosen].T @ slope / len(chosen)
    slow, fast = b1 * slow + (1 - b1) * slope, b2 * fast + (1 - b2) * slope**2
    formula -= 0.01 * slow / (np.sqrt(fast) + 1e-8)
    if current_iter % options["logger"]["print_freq"] == 0:
        error = np.abs(guess - colors[chosen]).mean()
        print(f"[epoch: 0, iter: {current_iter:,}] l_g_pix: {pixel * error:.4e}")
    if current_iter % options["val"]["val_freq"] == 0 or current_iter == train["total_iter"]:
        root = Path("experiments", options["name"], "visualization")
        for img_name, photo in read(options["datasets"]["val"]["dataroot_gt"]).items():
            gray = photo.mean(-1)
            color = features(gray) @ formula
            colored = gray[..., None] + color - color.mean(-1, keepdims=True)
            (root / img_name).mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray((colored.clip(0, 1) * 255).astype(np.uint8))
            picture.save(root / img_name / f"{current_iter}_result.png")

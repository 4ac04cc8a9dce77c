"""A small network in PyTorch whose weights of the loss stand in a dict."""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

import tuner  # changed

parser = argparse.ArgumentParser()
parser.add_argument("--train", default="data/train")
parser.add_argument("--gray", default="data/gray")
parser.add_argument("--out", default="results")
parser.add_argument("--steps", type=int, default=2000)
parser.add_argument("--seed", type=int, default=0)
options = parser.parse_args()

weights = {"pixel": 1.0, "restraint": 1.0, "learning_rate": 0.01}
weights = tuner.weights(weights)  # changed


def read(folder, mode):
    """Photos of a folder as (B, C, H, W) in 0..1, and their names."""
    paths = sorted(Path(folder).iterdir())
    pixels = np.stack([np.atleast_3d(np.asarray(Image.open(path).convert(mode))) for path in paths])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255, [path.stem for path in paths]


torch.manual_seed(options.seed)
torch.set_num_threads(1)
photos, _ = read(options.train, "RGB")
model = nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 3, 5, padding=2))
optimizer = torch.optim.Adam(model.parameters(), weights["learning_rate"])
for step in range(1, options.steps + 1):
    photo = photos[torch.randint(len(photos), (8,))]
    gray = photo.mean(1, keepdim=True)
    colored = gray + model(gray)
    color = colored - colored.mean(1, keepdim=True)
    losses = {"pixel": (colored - photo).square().mean(), "restraint": color.square().mean()}
    loss = sum(weights[name] * losses[name] for name in losses)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    tuner.report(step, losses)  # changed

Path(options.out).mkdir(parents=True, exist_ok=True)
grays, names = read(options.gray, "L")
with torch.no_grad():
    pictures = ((grays + model(grays)).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy()
for name, picture in zip(names, pictures, strict=True):
    Image.fromarray(picture).save(Path(options.out) / f"{name}.png")

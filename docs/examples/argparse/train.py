"""Trains for epochs, and leaves a checkpoint under the name of the experiment."""

import argparse
from pathlib import Path

import numpy as np
from model import features, read

parser = argparse.ArgumentParser()
parser.add_argument("--dataroot", required=True)
parser.add_argument("--name", default="experiment")
parser.add_argument("--checkpoints_dir", default="checkpoints")
parser.add_argument("--n_epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--lambda_L1", type=float, default=100.0)
parser.add_argument("--lambda_restraint", type=float, default=1.0)
options = parser.parse_args()

random = np.random.default_rng(options.seed)
photos = list(read(options.dataroot).values())
inputs = np.concatenate([features(photo.mean(-1)).reshape(-1, 7) for photo in photos])
colors = np.concatenate(
    [(photo - photo.mean(-1, keepdims=True)).reshape(-1, 3) for photo in photos]
)
formula = random.normal(0, 0.01, (7, 3))
for epoch in range(1, options.n_epochs + 1):
    for _ in range(50):
        chosen = random.integers(0, len(inputs), 256)
        x, wanted = inputs[chosen], colors[chosen]
        guess = x @ formula
        slope = options.lambda_L1 / 100 * (guess - wanted) + options.lambda_restraint * guess
        formula -= 0.1 * x.T @ slope / len(chosen)
    loss = np.abs(guess - wanted).mean()
    print(f"(epoch: {epoch}, iters: {len(inputs):,}) G_L1: {options.lambda_L1 * loss:.3f}")

folder = Path(options.checkpoints_dir) / options.name
folder.mkdir(parents=True, exist_ok=True)
np.save(folder / "latest_net_G.npy", formula)

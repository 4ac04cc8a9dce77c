"""Fits a curve through noisy points, held back by two penalties; a training takes six seconds."""

import argparse
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--w_fit", type=float, default=1.0)
parser.add_argument("--w_smooth", type=float, default=0.1)
parser.add_argument("--w_small", type=float, default=0.1)
parser.add_argument("--steps", type=int, default=2000)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

data, random = np.random.default_rng(0), np.random.default_rng(args.seed)
x = np.linspace(0, 1, 200)
truth = np.sin(7 * x) + 0.4 * np.cos(23 * x)
train = data.choice(200, 80, replace=False)
y = truth[train] + data.normal(0, 0.25, 80)
waves = np.cos(np.pi * np.outer(x, np.arange(40)))
bend = 40 * np.diff(waves, 2, axis=0)
theta, slow, fast = random.normal(0, 0.01, 40), 0.0, 0.0
for step in range(1, args.steps + 1):
    seen = random.integers(0, 80, 16)
    off = waves[train[seen]] @ theta - y[seen]
    slope = (
        args.w_fit * waves[train[seen]].T @ off / 16
        + args.w_smooth * bend.T @ (bend @ theta) / len(bend)
        + args.w_small * theta / 10
    )
    slow, fast = 0.9 * slow + 0.1 * slope, 0.999 * fast + 0.001 * slope**2
    theta -= 0.01 * slow / (np.sqrt(fast) + 1e-8)
    if step % 50 == 0:
        time.sleep(0.15)  # as slow as a small network
        print(f"step {step}: val_rmse {np.sqrt(((waves @ theta - truth) ** 2).mean()):.5f}")

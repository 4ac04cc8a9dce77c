"""Super-resolution, twice the side, learned from one noisy scan: pixel + edge + total variation."""

import argparse

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--w_pixel", type=float, default=1.0)
parser.add_argument("--w_edge", type=float, default=0.1)
parser.add_argument("--w_tv", type=float, default=0.05)
parser.add_argument("--steps", type=int, default=500)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

SIDE, SCANS, HIDDEN = 32, 7, 24
data, random = np.random.default_rng(7), np.random.default_rng(args.seed)


def scan():
    """Boxes of several brightnesses over fine stripes."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    image = 0.5 + 0.08 * np.sin(rows * data.uniform(0.3, 1.2) + columns * data.uniform(0.3, 1.2))
    for _ in range(5):
        top, left = data.integers(0, SIDE - 8, 2)
        height, width = data.integers(4, 16, 2)
        image[top : top + height, left : left + width] += data.uniform(-0.35, 0.35)
    return image


def neighborhoods(small):
    """The 5 x 5 pixels around each pixel, less that pixel."""
    padded = np.pad(small, 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).reshape(-1, 25)
    return windows - small.reshape(-1, 1)


def enlarged(small, details):
    """The image of twice the side: each pixel, and four details of it."""
    half = SIDE // 2
    blocks = (small.reshape(-1, 1) + details).reshape(half, half, 2, 2)
    return blocks.transpose(0, 2, 1, 3).reshape(SIDE, SIDE)


def to_details(image):
    """The inverse order: four values for each small pixel."""
    half = SIDE // 2
    return image.reshape(half, 2, half, 2).transpose(0, 2, 1, 3).reshape(-1, 4)


def slopes(image):
    return np.diff(image, axis=0), np.diff(image, axis=1)


def against_slopes(down, across):
    """What a gradient of both slopes is for the image."""
    image = np.zeros((SIDE, SIDE))
    image[1:] += down
    image[:-1] -= down
    image[:, 1:] += across
    image[:, :-1] -= across
    return image


truths = [scan() for _ in range(SCANS)]
smalls = [
    truth.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))
    + data.normal(0, 0.1, (SIDE // 2, SIDE // 2))
    for truth in truths
]
windows = [neighborhoods(small) for small in smalls]
held = range(1, SCANS)  # the first one is trained on

weights = [random.normal(0, 0.3, (25, HIDDEN)), random.normal(0, 0.05, (HIDDEN, 4))]
slow = [np.zeros_like(each) for each in weights]
fast = [np.zeros_like(each) for each in weights]
every = max(1, args.steps // 8)
for step in range(1, args.steps + 1):
    hidden = np.tanh(windows[0] @ weights[0])
    image = enlarged(smalls[0], hidden @ weights[1])
    off = image - truths[0]
    edges = [mine - real for mine, real in zip(slopes(image), slopes(truths[0]), strict=True)]
    rough = [np.tanh(each / 0.02) for each in slopes(image)]
    slope = to_details(
        args.w_pixel * 2 * off
        + args.w_edge * against_slopes(*(2 * each for each in edges))
        + args.w_tv * 0.1 * against_slopes(*rough)
    )
    grown = slope @ weights[1].T * (1 - hidden**2)
    gradients = (windows[0].T @ grown / SIDE, hidden.T @ slope / SIDE)
    for place, gradient in enumerate(gradients):
        slow[place] = 0.9 * slow[place] + 0.1 * gradient
        fast[place] = 0.99 * fast[place] + 0.01 * gradient**2
        rate = 0.01 * (1 - step / args.steps) / (np.sqrt(fast[place]) + 1e-8)
        weights[place] -= rate * slow[place]
    if step % every == 0:
        made = [enlarged(smalls[k], np.tanh(windows[k] @ weights[0]) @ weights[1]) for k in held]
        wrong = np.mean([(mine - truths[k]) ** 2 for mine, k in zip(made, held, strict=True)])
        steep = sum(np.abs(side).sum() for mine in made for side in slopes(mine))
        real = sum(np.abs(side).sum() for k in held for side in slopes(truths[k]))
        loss = (off**2).mean()
        print(
            f"step {step}: train_mse {loss:.4e}, val_psnr {-10 * np.log10(wrong):.4f}, "
            f"sharpness {steep / real:.4f}"
        )

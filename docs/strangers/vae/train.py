"""A variational autoencoder of noisy signals: reconstruction + KL + decorrelated latents."""

import argparse

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--w_recon", type=float, default=1.0)
parser.add_argument("--w_kl", type=float, default=0.2)
parser.add_argument("--w_corr", type=float, default=0.01)
parser.add_argument("--steps", type=int, default=400)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

WIDE, HIDDEN, LATENT, KINDS = 20, 24, 3, 4
data, random = np.random.default_rng(3), np.random.default_rng(args.seed)

kinds = data.integers(0, KINDS, 900)
centers = data.normal(0, 1.2, (KINDS, 2))
factors = centers[kinds] + data.normal(0, 0.5, (900, 2))
signals = np.tanh(factors @ data.normal(0, 0.8, (2, WIDE))) + data.normal(0, 0.4, (900, WIDE))
train, held = signals[:500], signals[500:]


def layer(rows, columns):
    return random.normal(0, 1 / np.sqrt(rows), (rows, columns))


weights = [
    layer(WIDE, HIDDEN), layer(HIDDEN, 2 * LATENT),
    layer(LATENT, HIDDEN), layer(HIDDEN, WIDE),
]  # fmt: skip
slow = [np.zeros_like(each) for each in weights]
fast = [np.zeros_like(each) for each in weights]
every = max(1, args.steps // 8)


def encoded(batch):
    hidden = np.tanh(batch @ weights[0])
    mean, spread = np.split(hidden @ weights[1], 2, axis=1)
    return hidden, mean, np.clip(spread, -6, 3)


for step in range(1, args.steps + 1):
    batch = train[random.integers(0, len(train), 50)]
    hidden, mean, spread = encoded(batch)
    noise = random.normal(0, 1, mean.shape)
    latent = mean + np.exp(spread / 2) * noise
    inner = np.tanh(latent @ weights[2])
    off = inner @ weights[3] - batch
    covariance = mean.T @ mean / len(batch)
    cross = covariance - np.diag(np.diag(covariance))

    d_out = args.w_recon * 2 * off / len(batch)
    d_inner = d_out @ weights[3].T * (1 - inner**2)
    d_latent = d_inner @ weights[2].T
    d_mean = d_latent + args.w_kl * mean / len(batch) + args.w_corr * 4 * mean @ cross / len(batch)
    d_spread = d_latent * noise * np.exp(spread / 2) / 2
    d_spread += args.w_kl * (np.exp(spread) - 1) / 2 / len(batch)
    d_code = np.hstack([d_mean, d_spread])
    d_hidden = d_code @ weights[1].T * (1 - hidden**2)
    gradients = (batch.T @ d_hidden, hidden.T @ d_code, latent.T @ d_inner, inner.T @ d_out)
    for place, gradient in enumerate(gradients):
        slow[place] = 0.9 * slow[place] + 0.1 * gradient
        fast[place] = 0.99 * fast[place] + 0.01 * gradient**2
        rate = 0.01 * (1 - step / args.steps) / (np.sqrt(fast[place]) + 1e-8)
        weights[place] -= rate * slow[place]
    if step % every == 0:
        _, mean, spread = encoded(held)
        remade = np.tanh(mean @ weights[2]) @ weights[3]
        kl = (np.exp(spread) + mean**2 - 1 - spread).sum(1).mean() / 2
        print(f"step {step}: kl {kl:.4f}, val_recon {((remade - held) ** 2).mean():.5f}")

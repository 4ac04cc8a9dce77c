"""A PINN-like script: the heat in a rod, u'' + pi^2 sin(pi x) = 0, u(0) = u(1) = 0; no pictures."""

import argparse

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--w_pde", type=float, default=1.0)
parser.add_argument("--w_bc", type=float, default=0.01)
parser.add_argument("--w_data", type=float, default=1.0)
parser.add_argument("--iterations", type=int, default=3000)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--log_every", type=int, default=100)
args = parser.parse_args()

random = np.random.default_rng(args.seed)
scale, shift = random.normal(0, 3, 24), random.uniform(-3, 3, 24)
x = np.linspace(0, 1, 60)[:, None]
wave = np.tanh(scale * x + shift)
curved = -2 * scale**2 * wave * (1 - wave**2)  # second derivative of each wave
source = np.pi**2 * np.sin(np.pi * x[:, 0])
truth = np.sin(np.pi * x[:, 0])
seen = random.choice(60, 6, replace=False)
measured = truth[seen] + random.normal(0, 0.3, 6)  # few and noisy

u = np.zeros(24)
slow, fast = np.zeros(24), np.zeros(24)
for it in range(1, args.iterations + 1):
    pde, bc, data = curved @ u + source, wave[[0, -1]] @ u, wave[seen] @ u - measured
    slope = (
        args.w_pde * curved.T @ pde / 60
        + args.w_bc * wave[[0, -1]].T @ bc / 2
        + args.w_data * wave[seen].T @ data / 6
    )
    slow, fast = 0.9 * slow + 0.1 * slope, 0.999 * fast + 0.001 * slope**2
    u -= 0.01 * slow / (np.sqrt(fast) + 1e-8)
    if it % args.log_every == 0:
        loss = args.w_pde * (pde**2).mean() + args.w_bc * (bc**2).mean()
        error = np.sqrt(((wave @ u - truth) ** 2).mean() / (truth**2).mean())
        print(f"it {it}: loss {loss:.3e}, l2_error {error:.4e}")

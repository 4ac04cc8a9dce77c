"""How often the interval for other photos holds the true gain, on simulated gains of known truth.

    python benchmarks/other_photos.py [--claims N]

A gain on seed s and photo p is truth + seed + photo + rest. The three scatter normally (even),
with another size on each photo (uneven), by Student's distribution with three degrees of freedom
(heavy tails), or with photo effects that are skewed (exponential). The seeds' margin is
the claim's: from a pooled noise of twelve degrees of freedom and, from three seeds on, from the
seeds themselves, the wider of both. Beside it: the same with the rest subtracted once
(Cameron, Gelbach and Miller), that one with Satterthwaite's degrees of freedom, and the interval
of the seeds alone, which is not meant for other photos. Width is in units of the true standard
error times 1.96, median over the cells.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tuner.results.statistics import CLAIM_CONFIDENCE, FEWEST_PAIRS, paired_margin, student_quantile
from tuner.search.other_photos import crossed_margin

Array = NDArray[np.float64]
SEEDS, PHOTOS, POOLED = (2, 3, 4, 5), (8, 20, 100), 12
MIXES = {
    "photos": (0.02, 0.16, 0.06),
    "seeds": (0.06, 0.03, 0.06),
    "rest": (0.01, 0.02, 0.15),
    "both": (0.05, 0.14, 0.10),
    "no photos": (0.05, 0.00, 0.05),
}
"""Standard deviations of seed, photo and rest; the first is about that of `make demo`."""

KINDS = ("even", "uneven", "heavy tails", "skewed photos")


@dataclass(frozen=True)
class Claim:
    """Gains of one claim, whose truth is 0.

    Attributes:
        gains: (S, P).
        seeds_margin: As the claim's own interval has it.
    """

    gains: Array
    seeds_margin: float


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=1000, help="simulated claims a cell")
    claims = options.parse_args().claims
    print(f"{'noise':<14} {'interval':<28} {'covered':>8} {'worst cell':>28} {'width':>6}")
    for kind in KINDS:
        for name, margin in MARGINS.items():
            shares, widths = {}, []
            for mix in MIXES:
                for seeds in SEEDS:
                    for photos in PHOTOS:
                        covered, width = simulate(kind, mix, (seeds, photos), margin, claims)
                        shares[f"{mix}, {seeds} x {photos}"] = covered
                        widths.append(width)
            worst = min(shares, key=lambda cell: shares[cell])
            least = f"{shares[worst]:.1%} ({worst})"
            mean = float(np.mean(list(shares.values())))
            print(f"{kind:<14} {name:<28} {mean:>8.1%} {least:>28} {np.median(widths):>6.2f}")


def simulate(
    kind: str, mix: str, size: tuple[int, int], margin: Callable[[Claim], float], claims: int
) -> tuple[float, float]:
    """Share of claims whose interval holds the truth, and the median width."""
    random = np.random.default_rng([KINDS.index(kind), [*MIXES].index(mix), *size])
    seed, photo, rest = MIXES[mix]
    error = 1.96 * sqrt(seed**2 / size[0] + photo**2 / size[1] + rest**2 / (size[0] * size[1]))
    held, widths = [], []
    for _ in range(claims):
        claim = draw(kind, mix, size, random)
        half = margin(claim)
        held.append(abs(float(claim.gains.mean())) <= half)
        widths.append(half / error)
    return float(np.mean(held)), float(np.median(widths))


def draw(kind: str, mix: str, size: tuple[int, int], random: np.random.Generator) -> Claim:
    """One claim."""
    seed, photo, rest = MIXES[mix]
    seeds, photos = size
    scale = np.exp(random.normal(-0.64, 0.8, photos)) if kind == "uneven" else np.ones(photos)

    def luck(*shape: int) -> Array:
        if kind == "heavy tails":
            return random.standard_t(3, shape) / sqrt(3)
        return random.normal(size=shape)

    skewed = random.exponential(size=photos) - 1 if kind == "skewed photos" else luck(photos)
    gains = seed * luck(seeds, 1) + photo * scale * skewed + rest * scale * luck(seeds, photos)
    noise = (seed**2 + rest**2 / photos) * random.chisquare(POOLED) / POOLED / seeds
    pooled = student_quantile(POOLED, CLAIM_CONFIDENCE) * sqrt(noise)
    paired = paired_margin(gains.mean(axis=1).tolist(), CLAIM_CONFIDENCE)
    return Claim(gains, max(pooled, paired or 0.0))


def as_it_is(claim: Claim) -> float:
    """Margins of seeds and of photos add in squares."""
    margin = crossed_margin(claim.gains, claim.seeds_margin, CLAIM_CONFIDENCE)
    assert margin is not None, f"at least {FEWEST_PAIRS} photos"
    return margin


def rest_subtracted(claim: Claim) -> float:
    """The same, where the photos' variance does not have the rest in it."""
    _, photos, rest = variances(claim.gains)
    quantile = student_quantile(claim.gains.shape[1] - 1, CLAIM_CONFIDENCE)
    return sqrt(claim.seeds_margin**2 + quantile**2 * max(0.0, photos - rest))


def satterthwaite(claim: Claim) -> float:
    """From these gains alone, with one quantile for the sum of the variances."""
    parts = variances(claim.gains)
    seeds, photos = (length - 1 for length in claim.gains.shape)
    total = max(parts[0] + parts[1] - parts[2], parts[0], parts[1])
    shares = sum(
        part**2 / degrees for part, degrees in zip(parts, (seeds, photos, seeds * photos),
                                                   strict=True)
    )  # fmt: skip
    return float(student_quantile(total**2 / shares, CLAIM_CONFIDENCE) * sqrt(total))


def seeds_alone(claim: Claim) -> float:
    """What the claim says of these photos."""
    return claim.seeds_margin


def variances(gains: Array) -> tuple[float, float, float]:
    """Of the mean gain: what seeds, photos and the rest seem to give it."""
    by_seed, by_photo = gains.mean(axis=1), gains.mean(axis=0)
    left = gains - by_seed[:, None] - by_photo + gains.mean()
    cells = (len(by_seed) - 1) * (len(by_photo) - 1) * gains.size
    return (
        float(by_seed.var(ddof=1)) / len(by_seed),
        float(by_photo.var(ddof=1)) / len(by_photo),
        float((left**2).sum()) / cells,
    )


MARGINS: Mapping[str, Callable[[Claim], float]] = {
    "seeds and photos (as it is)": as_it_is,
    "rest subtracted": rest_subtracted,
    "Satterthwaite": satterthwaite,
    "seeds alone": seeds_alone,
}


if __name__ == "__main__":
    main()

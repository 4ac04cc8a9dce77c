"""What wrong colorizations score, with the packaged trunk and with a random one.

    python benchmarks/judge.py [--photos DIR] [--side 128] [--blocks 11 12 13 14 15]

Squares as in `benchmarks/diagnosis.py`: one of each picture of a folder, nine of each sample photo.
Columns are the score with its terms; the same with a random trunk; and the first version of the
score, which had a random trunk wherever LPIPS's own could not be had. Other blocks of the packaged
trunk may be tried.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import torch
from diagnosis import (
    ACROSS,
    SIDE,
    Spoil,
    displaced,
    hedged,
    load,
    noisy,
    relit,
    scaled,
    shuffled,
    turned,
    washed,
)

from tuner.color.packaged import FOR_SCORE
from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import TERMS, Scorer
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec


def main() -> None:
    """Prints a table, the best first."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", default="sample", help="a folder of color photos")
    options.add_argument("--blocks", type=int, nargs="+", default=FOR_SCORE, metavar="N")
    options.add_argument("--side", type=int, default=SIDE, help="of a square, in pixels")
    asked = options.parse_args()
    photos = load(asked.photos, asked.side)
    torch.set_num_threads(1)
    packaged = PerceptualDistance(trunk="packaged", blocks=tuple(asked.blocks))
    random = PerceptualDistance("squeeze", trunk="random")
    nets = ((2, packaged), (2, random), (1, random))
    scorers = [
        Scorer(photos, ObjectiveSpec(version=version), GuardrailsSpec(), net)
        for version, net in nets
    ]
    lab, rows = rgb_to_lab(photos), []
    for name, spoil in distortions(asked.side):
        shown = lab_to_rgb(spoil(lab.clone())).clamp(0, 1)
        first, *others = (scorer.score(shown) for scorer in scorers)
        cells = [*first.terms.values(), *(scores.value for scores in others)]
        rows.append((first.value, name, cells))
    distance = packaged(gray_of(photos), photos).mean().item() / packaged.trunk.scale
    print(f"{len(photos)} squares; gray against photo, packaged trunk, unscaled: {distance:.3f}\n")
    print(f"| prediction | score | {' | '.join(TERMS)} | random trunk | version 1 |")
    print(f"|---|{'---|' * (len(TERMS) + 3)}")
    for value, name, cells in sorted(rows, key=lambda row: row[0]):
        print(f"| {name} | **{value:.2f}** | {' | '.join(f'{cell:.2f}' for cell in cells)} |")


def distortions(side: int) -> Iterator[tuple[str, Spoil]]:
    """Wrong Lab colors by name: fifteen ways in which all colors are, and displaced ones."""
    yield "identity", scaled(1, 1)
    for factor in (0.5, 0.8, 1.2, 1.5, 2):
        yield f"chroma x {factor:g}", scaled(factor, factor)
    yield "gray", scaled(0, 0)
    yield "hedged: half way to the mean color", hedged(0.5)
    yield "L + 10", relit(1, 10)
    yield "color noise, sd 20 in a and b", noisy(20)
    yield "sepia wash: half the colors, plus 16.5 at 69°", washed(0.5, 16.5, 69)
    yield "purple wash: half the colors, plus 16.3 at -45°", washed(0.5, 16.3, -45)
    yield "constant sepia, 21.5 at 68°", washed(0, 21.5, 68)
    yield "the next photo's colors", shuffled(ACROSS**2)
    yield "opposite hues", turned(180)
    for angle in (15, 30, 60):
        yield f"hues turned by {angle}°", turned(angle)
    for share in (0.01, 0.02, 0.04):
        yield f"colors displaced by {share:.0%} of the side", displaced(0, round(share * side))


if __name__ == "__main__":
    main()

"""How often `tuner diagnose` names the right symptom, on photos that are distorted on purpose.

    python benchmarks/diagnosis.py [--photos DIR] [--part seen|unseen|all] [--json FILE]

Each kind of distortion has one right name. A photo is a square of 128 pixels; a folder gives one
of each picture, the sample photos, which are few, nine of each. Of every kind, 32 photos are drawn
200 times, and the first name of each draw is counted. The thresholds were chosen by looking at four
photos of every six (`--part seen`) of one folder; `--part unseen` takes the other two.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import ImageOps
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from tuner.color.measures import Photos, Reading, measures, read_colors
from tuner.color.spaces import lab_to_rgb, rgb_to_lab
from tuner.color.symptoms import find_symptoms
from tuner.data.decoding import decode
from tuner.data.discovery import find_pictures
from tuner.guide.cures import CURES, HEALTHY

SIDE, DRAWN, DRAWS = 128, 32, 200
FEW, ACROSS = 32, 3
UNSEEN = (1, 5)
WARM, COLD = (30, 60, 90, 120, 150, 180), (210, 240, 270, 300, 330, 0)


Spoil = Callable[[Tensor], Tensor]
"""Makes wrong Lab colors (N, 3, H, W) of right ones, not necessarily within sRGB."""


class Kind(NamedTuple):
    """A way to spoil photos, or nearly not to, and the name that is right for it."""

    name: str
    right: str
    spoil: Spoil


def main() -> None:
    """Prints the confusion table, and what is not named right often enough."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", default="sample", help="a folder of color photos")
    options.add_argument("--part", choices=("seen", "unseen", "all"), default="all")
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    began = time.perf_counter()
    torch.set_num_threads(1)
    lab = rgb_to_lab(part_of(load(asked.photos), asked.part))
    counts = {kind: confusion(kind, lab) for kind in kinds()}
    print(
        f"{len(lab)} photos of {SIDE} px, {DRAWS} draws of {DRAWN} of each of {len(counts)} kinds"
    )
    print_table(counts)
    print_kinds(counts)
    print_alone(lab)
    print(
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}, "
        f"{time.perf_counter() - began:.0f} seconds"
    )
    if asked.json:
        rows = {kind.name: {"right": kind.right, **found} for kind, found in counts.items()}
        asked.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


def load(place: str, side: int = SIDE) -> Tensor:
    """Squares of all pictures, (N, 3, side, side) in [0, 1]."""
    paths = find_pictures(place).values()
    across = ACROSS if len(paths) < FEW else 1
    squares = []
    for path in paths:
        picture = ImageOps.fit(decode(path), (side * across, side * across))
        rgb = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255
        cut = rgb.unfold(1, side, side).unfold(2, side, side)
        squares.append(cut.permute(1, 2, 0, 3, 4).reshape(-1, 3, side, side))
    return torch.cat(squares)


def part_of(photos: Tensor, part: str) -> Tensor:
    """Of every six photos the second and the last, the others, or all."""
    unseen = torch.tensor([number % 6 in UNSEEN for number in range(len(photos))])
    return {"all": photos, "unseen": photos[unseen], "seen": photos[~unseen]}[part]


def confusion(kind: Kind, lab: Tensor) -> Counter[str]:
    """How often each name came first, in draws of a few of the photos."""
    random = torch.Generator().manual_seed(1)
    reading = read_kind(kind, lab)
    found: Counter[str] = Counter()
    for _ in range(DRAWS):
        drawn = torch.randperm(len(lab), generator=random)[:DRAWN]
        first = find_symptoms(measures(reading.part(drawn)))
        found[first[0].symptom if first else HEALTHY] += 1
    return found


def read_kind(kind: Kind, lab: Tensor) -> Reading:
    """The photos and their spoiled twins, as 8-bit pictures would hold them."""
    shown = (lab_to_rgb(kind.spoil(lab.clone())).clamp(0, 1) * 255).round() / 255
    return read_colors(Photos.of(shown), Photos(lab_to_rgb(lab), lab))


def kinds() -> tuple[Kind, ...]:
    """All ways to spoil photos; "slight" ones are healthy."""
    return (
        *_strengths(), *_casts(), *_hues(), *_lightness(), *_noise(), *_channels(), *_edges(),
        *_slight(),
    )  # fmt: skip


def _strengths() -> Iterator[Kind]:
    rights = {"gray": (0.0, 0.08, 0.16), "washed-out": (0.35, 0.5, 0.62)}
    for right, factors in {**rights, "too-vibrant": (1.6, 2.0, 3.0)}.items():
        for factor in factors:
            yield Kind(f"chroma x {factor:g}", right, scaled(factor, factor))


def _casts() -> Iterator[Kind]:
    for right, hues in (("sepia-cast", WARM), ("purple-cast", COLD)):
        for hue in hues:
            yield Kind(f"cast 8 at {hue}", right, washed(1, 8, hue))
            yield Kind(f"half the colors, cast 15 at {hue}", right, washed(0.5, 15, hue))
    yield Kind("one color, 20 at 68", "sepia-cast", washed(0, 20, 68))
    yield Kind("one color, 20 at -45", "purple-cast", washed(0, 20, -45))
    for left in (0.3, 0.5):
        yield Kind(f"hedged, {left:g} of the colors", "sepia-cast", hedged(left))


def _hues() -> Iterator[Kind]:
    for angle in (45, 60, 90, 120, 180, -60, -90, -120):
        yield Kind(f"hues turned by {angle}", "wrong-objects", turned(angle))
    for by in (ACROSS**2, 3 * ACROSS**2):  # never another square of the same photo
        yield Kind(f"colors of the photo {by} squares before", "wrong-objects", shuffled(by))
    yield Kind("a and b swapped", "wrong-objects", _recolored(lambda ab: ab.flip(1)))


def _lightness() -> Iterator[Kind]:
    for by in (-20, -8, -5, 5, 8, 20):
        yield Kind(f"L {by:+}", "brightness", relit(1, by))
    for contrast in (0.5, 0.7, 1.5):
        yield Kind(f"contrast x {contrast:g}", "brightness", relit(contrast, 0))


def _noise() -> Iterator[Kind]:
    for sd in (10, 20, 30):
        yield Kind(f"color noise, sd {sd}", "too-vibrant", noisy(sd))


def _channels() -> Iterator[Kind]:
    for a, b in ((1, 0), (0, 1), (1, 0.4), (0.4, 1), (1.8, 1), (1, 1.8)):
        yield Kind(f"a x {a:g}, b x {b:g}", "channel-balance", scaled(a, b))


def _edges() -> Iterator[Kind]:
    for by in (1, 2, 3, 5):
        yield Kind(f"colors {by} px to the right", "bleeding", displaced(0, by))
    for down, across in ((3, 0), (-2, 2)):
        yield Kind(f"colors {down} px down, {across} px right", "bleeding", displaced(down, across))
    for sd in (2, 3, 4):
        yield Kind(f"colors smeared, sd {sd} px", "bleeding", smeared(sd))


def _slight() -> Iterator[Kind]:
    yield Kind("the photo itself", HEALTHY, scaled(1, 1))
    for factor in (0.85, 1.15):
        yield Kind(f"slight: chroma x {factor:g}", HEALTHY, scaled(factor, factor))
    for hue in (70, 160, -45):
        yield Kind(f"slight: cast 2 at {hue}", HEALTHY, washed(1, 2, hue))
    for angle in (-15, 15):
        yield Kind(f"slight: hues turned by {angle}", HEALTHY, turned(angle))
    for by in (-1.5, 1.5):
        yield Kind(f"slight: L {by:+}", HEALTHY, relit(1, by))
    for contrast in (0.95, 1.05):
        yield Kind(f"slight: contrast x {contrast:g}", HEALTHY, relit(contrast, 0))
    yield Kind("slight: b x 0.9", HEALTHY, scaled(1, 0.9))
    yield Kind("slight: hedged, 0.85 of the colors", HEALTHY, hedged(0.85))
    yield Kind("slight: soft blotches, sd 6", HEALTHY, _recolored(lambda ab: ab + 6 * _soft(ab)))


def scaled(a: float, b: float) -> Spoil:
    """Both channels times a factor of their own."""
    return _recolored(lambda ab: ab * torch.tensor([a, b]).view(1, 2, 1, 1))


def washed(left: float, length: float, hue: float) -> Spoil:
    """A share of the colors, and one color over all of it, Lab units and degrees."""
    angle = math.radians(hue)
    wash = length * torch.tensor([math.cos(angle), math.sin(angle)]).view(1, 2, 1, 1)
    return _recolored(lambda ab: left * ab + wash)


def hedged(left: float) -> Spoil:
    """A share of the colors, and for the rest the mean color of all photos."""
    return _recolored(lambda ab: left * ab + (1 - left) * ab.mean((0, 2, 3), keepdim=True))


def turned(degrees: float) -> Spoil:
    """All hues turned by an angle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turn(ab: Tensor) -> Tensor:
        a, b = ab.unbind(1)
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=1)

    return _recolored(turn)


def shuffled(by: int) -> Spoil:
    """The colors of another photo."""
    return _recolored(lambda ab: ab.roll(by, 0))


def noisy(sd: float) -> Spoil:
    """Every pixel's color off by chance."""
    return _recolored(lambda ab: ab + sd * _random(ab.shape))


def displaced(down: int, across: int) -> Spoil:
    """Colors moved by pixels, those at the edge repeated."""

    def move(ab: Tensor) -> Tensor:
        rows, columns = (
            (torch.arange(side) - by).clamp(0, side - 1)
            for side, by in zip(ab.shape[-2:], (down, across), strict=True)
        )
        return ab[..., rows, :][..., columns]

    return _recolored(move)


def smeared(sd: float) -> Spoil:
    """Colors through a Gaussian, the edge repeated."""
    reach = math.ceil(3 * sd)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sd) ** 2)
    window = (weights / weights.sum()).expand(2, 1, 1, -1)

    def smear(ab: Tensor) -> Tensor:
        for edges, kernel in (((reach, reach, 0, 0), window), ((0, 0, reach, reach), window.mT)):
            ab = conv2d(pad(ab, edges, mode="replicate"), kernel, groups=2)
        return ab

    return _recolored(smear)


def relit(contrast: float, more: float) -> Spoil:
    """Lightness stretched about its middle, and moved."""
    return lambda lab: torch.cat(
        (((lab[:, :1] - 50) * contrast + 50 + more).clamp(0, 100), lab[:, 1:]), dim=1
    )


def _recolored(change: Spoil) -> Spoil:
    return lambda lab: torch.cat((lab[:, :1], change(lab[:, 1:]).expand_as(lab[:, 1:])), dim=1)


def _random(shape: torch.Size) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _soft(ab: Tensor) -> Tensor:
    return interpolate(_random(torch.Size((*ab.shape[:2], 6, 6))), ab.shape[2:], mode="bicubic")


def print_table(counts: dict[Kind, Counter[str]]) -> None:
    """What is true against what was named first, in percent, as Markdown."""
    names = [*CURES, HEALTHY]
    print(f"\n| true | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for right in names:
        found = sum((n for kind, n in counts.items() if kind.right == right), Counter[str]())
        cells = [_percent(found[name] / max(1, found.total())) for name in names]
        print(f"| {right} | {' | '.join(cells)} |")


def print_kinds(counts: dict[Kind, Counter[str]]) -> None:
    """Every kind, with how often its name was right and what else was named, as Markdown."""
    print("\n| distortion | right name | right | named instead |\n|---|---|---|---|")
    for kind, found in counts.items():
        others = [
            f"{name} {_percent(n / DRAWS)}" for name, n in found.items() if name != kind.right
        ]
        share = found[kind.right] / DRAWS
        print(f"| {kind.name} | {kind.right} | {_percent(share)} | {', '.join(others)} |")
    ill = [1 - n[HEALTHY] / DRAWS for kind, n in counts.items() if kind.right == HEALTHY]
    print(f"\nworst kind: {min(n[k.right] for k, n in counts.items()) / DRAWS:.1%} right")
    print(f"healthy called ill: {sum(ill) / len(ill):.1%}, at worst {max(ill):.1%}\n")


def print_alone(lab: Tensor) -> None:
    """How often a single photo is said to bleed, as Markdown."""
    print("\n| distortion, one photo at a time | bleeding named first |\n|---|---|")
    for kind in (*_edges(), *_slight()):
        reading = read_kind(kind, lab)
        each = (find_symptoms(measures(reading.part(torch.tensor([n])))) for n in range(len(lab)))
        named = sum(bool(found) and found[0].symptom == "bleeding" for found in each)
        print(f"| {kind.name} | {_percent(named / len(lab)) or '0%'} |")


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", "%") if share else ""


if __name__ == "__main__":
    main()

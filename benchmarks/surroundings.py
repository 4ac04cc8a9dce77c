"""What a network says of held-out tiles, by the gray pixels around them that it sees.

    python benchmarks/surroundings.py [--photos DIR] [--steps 2000] [--margins 0 16 32 64]

One network is trained on crops of whole photos at random scales; what lies in a held-out tile is
left out of its loss. Then the held-out tiles are colored with more and more of their surroundings.
For comparison a second network is trained as long on bare tiles, as the built-in trainer does
without surroundings.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import Scorer
from tuner.color.spaces import chroma, gray_of, rgb_to_lab
from tuner.data.batches import Batches, as_batch, inner
from tuner.data.cutting import resized
from tuner.data.photo_cache import prepare_patches
from tuner.data.split import Split, split, square_side
from tuner.data.survey import survey
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec
from tuner.spec.study import DataSpec
from tuner.training.learner import LARGEST_GRADIENT, rate
from tuner.training.model import build_model

SIZE, CELLS, HELD_OUT = 64, 2, 0.2
CROP = 96  # side of a crop of a whole photo, in pixels
BATCH = 8
OCTAVES = 1.2  # range of the scales
LEARNING_RATE = 2e-3
CPU = torch.device("cpu")

Draw = Callable[[int], tuple[Tensor, Tensor]]
"""The crops of a step, (B, 3, H, W), and where they count, (B, 1, H, W)."""


def main() -> None:
    """Prints a line for each margin and network."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--photos", default="sample", help="a folder of few color photos")
    options.add_argument("--steps", type=int, default=2000)
    options.add_argument("--margins", type=int, nargs="+", default=[0, 16, 32, 64])
    asked = options.parse_args()
    torch.set_num_threads(1)
    made = split(
        survey(asked.photos, lambda *_: None, least_side=square_side(SIZE)).photos,
        HELD_OUT,
        SIZE,
        CELLS,
    )
    print(f"{len(made.train)} training tiles, {len(made.held)} held out; {os.cpu_count()} cores")
    print("| trained on | margin | score | ab correlation | chroma ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bare = trained(tiles(asked.photos, Path(folder)), asked.steps)
        tell("bare tiles", bare, asked.photos, Path(folder), [0])
        whole = trained(Whole(made).draw, asked.steps)
        tell("whole photos", whole, asked.photos, Path(folder), asked.margins)


def trained(draw: Draw, steps: int) -> nn.Module:
    """A network after some steps of the loss of color and chroma alone."""
    model = build_model({"base_width": 16}, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    began = time.monotonic()
    for step in range(steps):
        rgb, counts = draw(step)
        optimizer.zero_grad()
        loss = (color_loss(model(gray_of(rgb)[:, :1]), rgb) * counts).sum() / counts.sum()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
    print(f"<!-- {steps} steps in {time.monotonic() - began:.0f} s -->", flush=True)
    return model


def color_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Of each pixel, (B, 1, H, W): the terms of the loss but LPIPS, which has no pixels."""
    labs = rgb_to_lab(prediction), rgb_to_lab(target)
    d = (labs[0] - labs[1]) / 100
    strength = [chroma(lab[:, 1:], 0.5)[:, None] / 100 for lab in labs]
    ab = (d[:, 1:].square().sum(1, keepdim=True) + 1e-6).sqrt()
    return ab + 0.3 * d[:, :1].abs() + 0.3 * (strength[0] - strength[1]).square()


def tiles(photos: str, cache: Path) -> Draw:
    """Draws crops of the training tiles, as the built-in trainer does."""
    squares = prepare_patches(data_of(photos, 0), cache).train
    batches = Batches(squares, SIZE, BATCH, CPU)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        rgb = batches.draw(1, step).rgb
        return rgb, torch.ones_like(rgb[:, :1])

    return draw


class Whole:
    """Draws crops of whole photos at random scales; held-out tiles do not count."""

    def __init__(self, made: Split) -> None:
        self._photos = []
        for photo in dict.fromkeys(one.photo for one in (*made.train, *made.held)):
            mine = [one for one in made.held if one.photo == photo]
            any_cell = next(one for one in (*made.train, *made.held) if one.photo == photo)
            pixels = resized(photo, any_cell.width, any_cell.height)
            counts = np.ones((*pixels.shape[:2], 1), np.float32)
            for one in mine:
                side = square_side(SIZE)
                counts[one.top : one.top + side, one.left : one.left + side] = 0
            picture = torch.from_numpy(np.concatenate([pixels / np.float32(255), counts], axis=2))
            self._photos.append(picture.permute(2, 0, 1)[None])

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """The crops of a step."""
        random = np.random.default_rng((1, step))
        crops = torch.cat([self._crop(random) for _ in range(BATCH)])
        return crops[:, :3].clamp(0, 1), (crops[:, 3:] > 1 - 1e-3).float()

    def _crop(self, random: np.random.Generator) -> Tensor:
        photo = self._photos[random.integers(len(self._photos))]
        wanted = round(CROP * 2 ** (OCTAVES * (random.random() - 0.5)))
        side = min(wanted, *photo.shape[2:])
        top, left = (random.integers(0, length - side + 1) for length in photo.shape[2:])
        crop = photo[..., top : top + side, left : left + side]
        crop = interpolate(crop, (CROP, CROP), mode="bilinear", antialias=True)
        return crop.flip(3) if random.random() < 0.5 else crop


def tell(name: str, model: nn.Module, photos: str, cache: Path, margins: Sequence[int]) -> None:
    """Prints how the held-out tiles are colored with each margin."""
    net = PerceptualDistance(trunk="packaged")
    for margin in margins:
        patches = prepare_patches(data_of(photos, margin), cache)
        heldout = as_batch(patches.surrounded, CPU, margin)
        with torch.no_grad():
            prediction = inner(model(heldout.gray), SIZE)
        scorer = Scorer(heldout.rgb, ObjectiveSpec(), GuardrailsSpec(), net)
        scores = scorer.score(prediction)
        ab, ratio = scores.measures["ab_correlation"], scores.measures["chroma_ratio"]
        print(f"| {name} | {margin} px | {scores.value:.2f} | {ab:.2f} | {ratio:.2f} |", flush=True)


def data_of(photos: str, surroundings: int) -> DataSpec:
    """What a study would ask for."""
    return DataSpec(
        photos=photos,
        image_size=SIZE,
        cells=CELLS,
        holdout=HELD_OUT,
        surroundings=surroundings,
    )


if __name__ == "__main__":
    main()

"""What the packaged trunk costs beside LPIPS's own networks, on one core: training and scoring.

    python benchmarks/trunks.py [--json FILE]

A training step is all of it, from cutting the batch to the optimizer's step; a score is that of all
held-out squares, and the shares of its time that structure and bleeding take are told beside it.
Both trunks take turns; told is how many times as long the packaged one takes: the median of the
turns, and their range. How long a network takes does not depend on its weights, so LPIPS's has
random ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from figures import Figures, median_and_range, report
from small_study import small_study
from throughput import bench_of
from torch import Tensor

from tuner.color.edges import Edges, edge_likeness
from tuner.color.spaces import gray_of, rgb_to_lab
from tuner.color.structure import ab_scales, ab_similarity
from tuner.results import Trial
from tuner.training.context import TrainingContext
from tuner.training.learner import Learner

TURNS, STEPS = 7, 2
Work = Callable[[], None]
SIZES = ((8, 32, 8), (8, 64, 8), (16, 128, 16))
"""Base width, image size and batch; the last is the guide's."""


def measure(home: Path) -> Figures:
    """All figures, by name."""
    torch.set_num_threads(1)
    found: dict[str, str | float] = {}
    for width, side, batch in SIZES:
        where = f"{side} px, width {width}, batch {batch}"
        packaged = made(home, "packaged", "squeeze", width, side, batch)
        for net in ("squeeze", "alex"):
            other = made(home, "random", net, width, side, batch)
            found[f"a step, times that with {net}, {where}"] = ratio(
                stepping(packaged), stepping(other)
            )
        other = made(home, "random", "squeeze", width, side, batch)
        found[f"a score, times that with squeeze, {where}"] = ratio(
            scoring(packaged), scoring(other)
        )
        for name, part in (("ab_ssim", similarities), ("bleeding", edges)):
            found[f"{name}, share of a score, {where}"] = ratio(part(packaged), scoring(packaged))
    return found


def made(home: Path, trunk: str, net: str, width: int, side: int, batch: int) -> TrainingContext:
    """A bench whose loss and score have a trunk."""
    changes = {
        "data.image_size": side,
        "trainer.model_args.base_width": width,
        "trainer.batch_size": batch,
        "trainer.start_from": "scratch",
        "trainer.perceptual_net": net,
        "trainer.perceptual_trunk": trunk,
        "objective.lpips.trunk": trunk,
    }
    return bench_of(small_study(changes), home / trunk)


def stepping(context: TrainingContext) -> Work:
    """A few steps of training, once done already."""
    weights = {
        "perceptual_weight": 0.5,
        "l_weight": 0.3,
        "ab_weight": 3.0,
        "saturation_weight": 0.5,
    }
    trial = Trial(weights=weights, seed=1, steps=STEPS * (TURNS + 1) + 1, role="baseline")
    learner = Learner(trial, context.trainer, context.device, None)

    def steps() -> None:
        for number in range(STEPS):
            batch = context.batches.draw(trial.seed, number)
            learner.step(batch, context.terms.observe(batch.rgb), context.terms)

    steps()
    return steps


def scoring(context: TrainingContext) -> Work:
    """A score of gray photos, once done already."""
    prediction = gray_of(context.heldout.rgb)

    def score() -> None:
        context.scorer.score(prediction)

    score()
    return score


def similarities(context: TrainingContext) -> Work:
    """The structural term of all held-out squares; the photos' side is computed already."""
    ab = colors(context)
    target = ab_scales(ab)
    return ready(lambda: ab_similarity(ab * 0.5, target))


def edges(context: TrainingContext) -> Work:
    """The same of `bleeding`."""
    ab = colors(context)
    target = Edges.of(ab)
    return ready(lambda: edge_likeness(ab * 0.5, target))


def colors(context: TrainingContext) -> Tensor:
    """Of all held-out squares, (M, 2, H, W)."""
    return rgb_to_lab(context.heldout.rgb)[:, 1:]


def ready(measured: Callable[[], object]) -> Work:
    """A measure, once done already."""

    def work() -> None:
        measured()

    work()
    return work


def ratio(first: Work, second: Work) -> str:
    """How many times as long the first takes: median and range of the turns."""
    ratios = [seconds(first) / seconds(second) for _ in range(TURNS)]
    return median_and_range(ratios)


def seconds(work: Work) -> float:
    """That it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    report(__doc__, measure)

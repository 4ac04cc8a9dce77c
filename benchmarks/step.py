"""Where the time of a training step goes, on one core, and what the layout of networks is worth.

    python benchmarks/step.py [--json FILE]

The share of convolutions and their gradients in the quick study's step is torch's own profile.
Cutting a batch is cropping and mirroring squares that are decoded already. Layouts, and what
`torch.compile` makes of a network, are compared on forward and backward pass of the built-in
network, in turns: how many times faster, the median and the range of the turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from figures import Figures, median_and_range, report
from small_study import small_study
from throughput import bench_of
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from tuner.data.batches import Batches
from tuner.results import Trial
from tuner.training.learner import Learner
from tuner.training.model import build_model

STEPS, TURNS = 20, 15
SIZES = ((8, 32, 8), (8, 64, 8), (16, 64, 8), (16, 64, 16))
"""Base width, image size and batch."""

COMPILED = ((8, 32, 8), (16, 64, 16))
"""The same, of the networks that are compiled."""

CROPS = (32, 128, 256)


def measure(home: Path) -> Figures:
    """All figures, by name."""
    torch.set_num_threads(1)
    step, convolutions, targets = profiled(home)
    compiling = [(size, *compiled(*size)) for size in COMPILED]
    layouts = {
        f"channels last, width {width}, {side} px, batch {batch}": compared(width, side, batch)
        for width, side, batch in SIZES
    }
    return {
        "a step, milliseconds": round(step * 1000, 1),
        "share of convolutions": round(convolutions, 2),
        "the targets' side of the loss, share of a step": round(targets, 2),
        **{f"cutting 16 crops of {side} px, milliseconds": drawn(side) for side in CROPS},
        **layouts,
        **{
            f"compiled by torch, width {width}, {side} px, batch {batch}": f"{faster}, after "
            f"{spent:.0f} s of compiling"
            for (width, side, batch), faster, spent in compiling
        },
    }


def profiled(home: Path) -> tuple[float, float, float]:
    """Seconds of a step, the share of convolutions in it, and what targets take beside it."""
    spec = small_study({"trainer.start_from": "scratch"})
    context = bench_of(spec, home)
    trial = Trial(weights=spec.weights, seed=1, steps=2 * STEPS + 1, role="baseline")
    learner = Learner(trial, context.trainer, context.device, None)
    batch = context.batches.draw(trial.seed, 0)
    target = context.terms.observe(batch.rgb)
    learner.step(batch, target, context.terms)
    began = time.perf_counter()
    for _ in range(STEPS):
        learner.step(batch, target, context.terms)
    seconds = (time.perf_counter() - began) / STEPS
    began = time.perf_counter()
    for _ in range(STEPS):
        context.terms.observe(batch.rgb)
    observed = (time.perf_counter() - began) / STEPS
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(STEPS):
            learner.step(batch, target, context.terms)
    spent = {event.key: event.self_cpu_time_total for event in seen.key_averages()}
    convolving = sum(time for name, time in spent.items() if "convolution" in name.lower())
    return seconds, convolving / sum(spent.values()), observed / (seconds + observed)


def ratio(slower: Callable[[], None], faster: Callable[[], None]) -> str:
    """How many times faster: median and range of the turns."""
    ratios = [seconds(slower) / seconds(faster) for _ in range(TURNS)]
    return median_and_range(ratios)


def compared(width: int, side: int, batch: int) -> str:
    """Times faster with channels last."""
    gray = torch.rand(batch, 1, side, side)
    usual = learning(width, gray, torch.contiguous_format)
    last = learning(width, gray, torch.channels_last)
    return ratio(usual, last)


def compiled(width: int, side: int, batch: int) -> tuple[str, float]:
    """Times faster after `torch.compile`, and how long that takes."""
    gray = torch.rand(batch, 1, side, side)
    plain = learning(width, gray, torch.channels_last)
    began = time.perf_counter()
    faster = learning(width, gray, torch.channels_last, torch.compile)
    spent = time.perf_counter() - began
    return ratio(plain, faster), spent


def drawn(side: int) -> float:
    """Milliseconds of a batch, before it goes to the device that computes its gray."""
    squares = np.random.default_rng(0).integers(0, 256, (64, side + 16, side + 16, 3), np.uint8)
    batches = Batches(squares, side, 16, torch.device("cpu"))
    times = []
    for step in range(TURNS):
        began = time.perf_counter()
        batches.cut(1, step)
        times.append(time.perf_counter() - began)
    return round(statistics.median(times) * 1000, 2)


def learning(
    width: int,
    gray: Tensor,
    layout: torch.memory_format,
    prepare: Callable[[nn.Module], Any] = lambda model: model,
) -> Callable[[], None]:
    """A forward and a backward pass, once done already."""
    model = prepare(build_model({"base_width": width}, 0).to(memory_format=layout))  # type: ignore[call-overload]

    def step() -> None:
        model.zero_grad()
        model(gray).square().mean().backward()

    step()
    return step


def seconds(step: Callable[[], None]) -> float:
    """Of one step."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


if __name__ == "__main__":
    report(__doc__, measure)

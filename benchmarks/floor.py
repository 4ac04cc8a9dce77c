"""The least time that a step of one network can take on a device, by what it has to do.

The sum of two parts: the operations of all convolutions, forward and backward, LPIPS included, at
the speed of a large matrix product; and what has to be moved at the speed of a large copy, where
normalization, activation and convolution are fused as well as can be: the output of each
convolution of the network 8 times (3 forward, 5 backward), and 28 bytes for each weight, which the
optimizer reads and writes. Both speeds are measured on the spot.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from throughput import wait_for
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tuner.results import Trial
from tuner.training.context import TrainingContext
from tuner.training.learner import Learner

PASSES, BYTES_OF_A_WEIGHT, REPEATS = 8, 28, 5


@dataclass(frozen=True)
class Floor:
    """Why a step cannot be faster.

    Attributes:
        operations: Floating-point operations of a step.
        moved: Bytes that a step has to move.
        speed: Operations a second of the device, in the precision of the training.
        bandwidth: Bytes a second.
    """

    operations: float
    moved: float
    speed: float
    bandwidth: float

    @property
    def seconds(self) -> float:
        """Of a step."""
        return self.operations / self.speed + self.moved / self.bandwidth

    def __str__(self) -> str:
        return (
            f"floor of a step of one network: {self.seconds * 1000:.2f} ms "
            f"({self.operations / 1e9:.1f} GFLOP at {self.speed / 1e12:.2f} TFLOP/s, "
            f"{self.moved / 1e6:.0f} MB at {self.bandwidth / 1e9:.0f} GB/s)"
        )


def floor_of(context: TrainingContext) -> Floor:
    """The floor of a step as a study has it."""
    weights = context.warm_starts.weights
    trial = Trial(weights=weights, seed=1, steps=100, role="baseline")
    recipe = context.by("loop").recipe
    learner = Learner(trial, context.trainer, context.device, None, recipe)
    batch = context.batches.draw(1, 0)
    target = context.terms.observe(batch.rgb)
    outputs = list[int]()

    def note(_layer: nn.Module, _seen: object, output: Tensor) -> None:
        outputs.append(output.numel() * output.element_size())

    hooks = [
        layer.register_forward_hook(note)
        for layer in learner.model.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    with FlopCounterMode(display=False) as counter:
        learner.step(batch, target, context.terms)
    for hook in hooks:
        hook.remove()
    moved = PASSES * sum(outputs) + BYTES_OF_A_WEIGHT * sum(
        weight.numel() for weight in learner.model.parameters()
    )
    half = context.trainer.precision == "bfloat16"
    return Floor(
        counter.get_total_flops(), moved, *_speeds(context.device, torch.bfloat16 if half else None)
    )


def _speeds(device: torch.device, precision: torch.dtype | None) -> tuple[float, float]:
    """Operations and bytes a second, of a matrix product and of a copy."""
    is_gpu = device.type == "cuda"
    side, length = (8192, 1 << 30) if is_gpu else (512, 1 << 25)
    first, second = (torch.rand(side, side, device=device, dtype=precision) for _ in range(2))
    source = torch.empty(length, device=device, dtype=torch.uint8)
    copied = torch.empty_like(source)
    before = torch.get_float32_matmul_precision()
    if is_gpu and torch.backends.cudnn.allow_tf32:  # as convolutions in 32 bits have it
        torch.set_float32_matmul_precision("high")
    try:
        product = _fastest(lambda: first @ second, device)
    finally:
        torch.set_float32_matmul_precision(before)
    return 2 * side**3 / product, 2 * length / _fastest(lambda: copied.copy_(source), device)


def _fastest(work: Callable[[], object], device: torch.device) -> float:
    taken = []
    for _ in range(REPEATS):
        wait_for(device)
        began = time.perf_counter()
        work()
        wait_for(device)
        taken.append(time.perf_counter() - began)
    return min(taken)

"""Whether networks that are stacked into one learn faster than one after the other, on this device.

    python benchmarks/stacking.py [--device cpu] [--base-width 8] [--image-size 32] [--batch 8]

Forward and backward pass of K networks on the same batch, in a loop and as one network whose
weights have an axis more (`torch.func.vmap`, which makes grouped convolutions of them). On a
processor with one thread, as the engine computes; in turns, the median of the ratios.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from tuner.training.model import build_model

TURNS = 9


def main() -> None:
    """Prints a row for each number of networks."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--base-width", type=int, default=8)
    options.add_argument("--image-size", type=int, default=32)
    options.add_argument("--batch", type=int, default=8)
    asked = options.parse_args()
    torch.set_num_threads(1)
    gray = torch.rand(asked.batch, 1, asked.image_size, asked.image_size, device=asked.device)
    print(f"{'networks':>8} {'loop, ms':>10} {'stacked, ms':>12} {'times faster':>13}")
    for number in (1, 2, 4, 8):
        models = [
            build_model({"base_width": asked.base_width}, seed).to(asked.device)
            for seed in range(number)
        ]
        ways = [looped(models, gray), stacked(models, gray)]
        timed = [[seconds(way, asked.device) for way in ways] for _ in range(TURNS)]
        loop, one = (statistics.median(column) for column in zip(*timed, strict=True))
        ratio = statistics.median(first / second for first, second in timed)
        print(f"{number:>8} {loop * 1000:>10.1f} {one * 1000:>12.1f} {ratio:>13.2f}")


def looped(models: Sequence[nn.Module], gray: Tensor) -> Callable[[], None]:
    """One network after the other, laid out as the engine does it."""
    models = [copy.deepcopy(model).to(memory_format=torch.channels_last) for model in models]  # type: ignore[call-overload]

    def step() -> None:
        for model in models:
            model.zero_grad()
            model(gray).square().mean().backward()

    return step


def stacked(models: Sequence[nn.Module], gray: Tensor) -> Callable[[], None]:
    """All networks as one."""
    weights, buffers = stack_module_state(list(models))
    skeleton = copy.deepcopy(models[0]).to("meta")

    def predict(own: dict[str, Tensor], own_buffers: dict[str, Tensor]) -> Tensor:
        predicted: Tensor = functional_call(skeleton, (own, own_buffers), (gray,))
        return predicted

    def step() -> None:
        for weight in weights.values():
            weight.grad = None
        vmap(predict)(weights, buffers).square().mean(dim=(1, 2, 3, 4)).sum().backward()  # type: ignore[no-untyped-call]

    return step


def seconds(step: Callable[[], None], device: str) -> float:
    """Of one step, waited for where the device works by itself."""
    began = time.perf_counter()
    step()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

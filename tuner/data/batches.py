"""Batches of training squares, drawn so that any step can be drawn again.

What a step trains on is a function of seed and step alone: an interrupted training goes on
without replaying, and all trials with one seed see the same pictures.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from tuner.color.spaces import gray_of
from tuner.errors.thread_pool import ThreadPool


@dataclass(frozen=True)
class Batch:
    """Photos and the model's input for them.

    Attributes:
        rgb: (B, 3, H, W), sRGB in [0, 1].
        gray: (B, 1, H + 2m, W + 2m), sRGB gray of the same luminance with m pixels of its
            surroundings on each side, in [0, 1].
        features: What the frozen layers of all networks make of `gray`; None where they are
            computed by each network.
    """

    rgb: Tensor
    gray: Tensor
    features: Tensor | None = None


@dataclass(frozen=True)
class Batches:
    """Random crops, mirrored half of the time.

    Attributes:
        squares: (N, S, S, 3) uint8, surroundings included; may be mapped from disk.
        image_size: Side of a crop.
    """

    squares: np.ndarray
    image_size: int
    batch_size: int
    device: torch.device
    surroundings: int = 0

    def draw(self, seed: int, step: int) -> Batch:
        """The batch of one step."""
        return as_batch(self.cut(seed, step), self.device, self.surroundings)

    def cut(self, seed: int, step: int) -> np.ndarray:
        """The crops of one step with their surroundings, (B, S, S, 3) uint8."""
        random = np.random.default_rng((seed, step))
        chosen = random.integers(0, len(self.squares), self.batch_size)
        room = self.squares.shape[1] - self._side
        corners = random.integers(0, room + 1, (self.batch_size, 2))
        mirrored = random.random(self.batch_size) < 0.5  # noqa: PLR2004 - half of the time
        return np.stack(
            [
                self._crop(which, top, left, flip)
                for which, (top, left), flip in zip(chosen, corners, mirrored, strict=True)
            ]
        )

    def _crop(self, which: int, top: int, left: int, flip: bool) -> np.ndarray:
        side = self._side
        crop = self.squares[which, top : top + side, left : left + side]
        return crop[:, ::-1] if flip else crop

    @property
    def _side(self) -> int:
        return self.image_size + 2 * self.surroundings


@dataclass(frozen=True)
class BatchesAhead(Batches):
    """The same batches; while a GPU trains on one, the CPU cuts the next.

    On a CPU this gains nothing, because all its cores are training.
    """

    _cutter: ThreadPool = field(default_factory=lambda: ThreadPool(1, "cutter").start())
    _next: dict[int, tuple[int, Future[np.ndarray]]] = field(default_factory=dict)

    def draw(self, seed: int, step: int) -> Batch:
        """The batch of one step."""
        expected, waiting = self._next.pop(seed, (None, None))
        self._next[seed] = step + 1, self._cutter.submit(partial(self.cut, seed, step + 1))
        if waiting is None or expected != step:
            return super().draw(seed, step)
        (squares,) = (task.result() for task in self._cutter.as_completed([waiting]))
        return as_batch(squares, self.device, self.surroundings)


def as_batch(squares: np.ndarray, device: torch.device, surroundings: int = 0) -> Batch:
    """Turns squares (B, S, S, 3) uint8, surroundings included, into a batch on a device."""
    pixels = torch.from_numpy(np.array(squares))  # a copy: the cache is read-only
    if device.type == "cuda":
        pixels = pixels.pin_memory()  # so that the copy to the device is asynchronous
    pixels = pixels.to(device, non_blocking=device.type == "cuda")
    rgb = pixels.permute(0, 3, 1, 2).float().div_(255.0)
    gray = gray_of(rgb)[:, :1].contiguous()
    if surroundings:
        seen = slice(surroundings, -surroundings)
        rgb = rgb[..., seen, seen].contiguous(memory_format=torch.channels_last)
    return Batch(rgb=rgb, gray=gray)


def inner(pictures: Tensor, side: int) -> Tensor:
    """The middle of square pictures (..., S, S) as a view, (..., side, side)."""
    around = (pictures.shape[-1] - side) // 2
    return pictures[..., around : around + side, around : around + side]


def as_squares(rgb: Tensor) -> np.ndarray:
    """Turns RGB (B, 3, H, W) in [0, 1] into squares (B, H, W, 3) uint8."""
    pixels = rgb.detach().clamp(0, 1).mul(255.0).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()

"""As many trials at once as the device's memory holds.

How many that is depends on networks, pictures and batches, and on who else uses the device; nobody
can compute it. So it is found out: where memory runs out, the trials go on in two halves, each
from where it was, and the device is not asked for as much again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tuner.errors import NoRoom
from tuner.results import Trial, TrialResult

OnFinished = Callable[[TrialResult], None]
Together = Callable[[Sequence[Trial], OnFinished], object]
"""Trains trials at once, and keeps a checkpoint of each where that ends early."""


@dataclass
class MemoryFit:
    """How many trials fit on a device.

    Attributes:
        most: At once; None while all that were asked for have fitted.
    """

    most: int | None = None

    def train(
        self, trials: Sequence[Trial], together: Together, on_finished: OnFinished
    ) -> list[TrialResult]:
        """Trains all trials, as many at once as fit.

        Returns:
            One result for each trial, in the order of `trials`.

        Raises:
            NoRoom: A single trial does not fit.
        """
        results: dict[int, TrialResult] = {}

        def finished(result: TrialResult) -> None:
            results[result.trial.number] = result
            on_finished(result)

        while left := [trial for trial in trials if trial.number not in results]:
            now = left[: self.most]
            try:
                together(now, finished)
            except torch.OutOfMemoryError as error:
                self._make_smaller(len(now), str(error))
        return [results[trial.number] for trial in trials]

    def _make_smaller(self, tried: int, reason: str) -> None:
        if tried < 2:  # noqa: PLR2004 - one cannot be halved
            raise NoRoom(
                f"a single training does not fit into the device's memory ({reason.splitlines()[0]}"
                "); lower trainer.batch_size or data.image_size"
            )
        self.most = tried // 2
        clear_memory()


def clear_memory() -> None:
    """Gives back what an error that was caught still held, by the frames of its traceback."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

"""Trains as many trials at once as the device's memory holds.

The number depends on networks, pictures and batches, and on other programs that use the device. So
it is found by trying: where memory runs out, the trials go on in two halves from their checkpoints,
and later calls train no more at once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tuner.errors import OutOfMemory, is_lack_of_memory
from tuner.results import Trial, TrialResult

OnFinished = Callable[[TrialResult], None]
Together = Callable[[Sequence[Trial], OnFinished], object]
"""Trains trials at once; keeps a checkpoint of each where memory runs out."""


@dataclass
class MemoryFit:
    """How many trials fit on a device.

    Attributes:
        most: Trials at once; None while every list has fitted.
    """

    most: int | None = None

    def train(
        self, trials: Sequence[Trial], together: Together, on_finished: OnFinished
    ) -> list[TrialResult]:
        """Trains all trials, as many at once as fit.

        Returns:
            One result for each trial, in the order of `trials`.

        Raises:
            OutOfMemory: A single trial does not fit.
        """
        results: dict[int, TrialResult] = {}

        def finished(result: TrialResult) -> None:
            results[result.trial.number] = result
            on_finished(result)

        while left := [trial for trial in trials if trial.number not in results]:
            now = left[: self.most]
            try:
                together(now, finished)
            except (RuntimeError, MemoryError) as error:
                if not is_lack_of_memory(error):
                    raise
                self._make_smaller(len(now), str(error) or "none is left")
        return [results[trial.number] for trial in trials]

    def _make_smaller(self, tried: int, reason: str) -> None:
        if tried < 2:  # noqa: PLR2004 - one cannot be halved
            raise OutOfMemory(
                f"a single training does not fit into the device's memory ({reason.splitlines()[0]}"
                "); lower trainer.batch_size or data.image_size"
            )
        self.most = tried // 2
        clear_memory()


def clear_memory() -> None:
    """Frees what the traceback of a caught error still held."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

"""Trains networks by a CUDA graph: a step of all of them is recorded once and then replayed.

A step of a small network is hundreds of short kernels; launching them one by one takes longer than
computing them. A replay launches all at once: the targets' side of the loss, and each network's
prediction, loss, gradient, optimizer and average, one network after the other as in the loop.

What a graph reads and writes keeps its place in memory: batches are copied to where the recorded
ones were, learning rates lie on the device, and the optimizer's state is there before recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch import Tensor

from tuner.data.batches import Batch
from tuner.training.batch_cache import BatchCache
from tuner.training.learner import Learner

WARM_UP = 3
"""Steps that are done before one is recorded: cuDNN, the optimizer and caches get ready in them."""


class Recorder(Protocol):
    """Records work on a device."""

    def aside(self) -> AbstractContextManager[None]:
        """Inside, work runs on a stream of its own, as PyTorch asks for before a recording."""

    def record(self, work: Callable[[], None], /) -> Callable[[], None]:
        """Records work without doing it; returns what does it, each time it is called."""


class CudaRecorder:
    """Records CUDA graphs.

    Args:
        device: A CUDA device.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device

    @contextmanager
    def aside(self) -> Iterator[None]:
        """As `Recorder` says."""
        main, side = torch.cuda.current_stream(self._device), self._stream()
        side.wait_stream(main)
        with torch.cuda.stream(side):
            yield
        main.wait_stream(side)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """As `Recorder` says."""
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the device meanwhile, for example to show pictures.
        with (
            torch.cuda.device(self._device),
            torch.cuda.graph(graph, stream=self._stream(), capture_error_mode="thread_local"),
        ):
            work()
        return graph.replay

    def _stream(self) -> torch.cuda.Stream:
        return torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]  # as torch has it


class GraphedGroup:
    """Learners that have done the same steps, and do the next ones by one graph.

    Args:
        learners: With the built-in loss, and some weight above 0.
        recorder: Of their device.

    Attributes:
        learners: The learners that have not diverged.
    """

    def __init__(self, learners: Sequence[Learner], recorder: Recorder) -> None:
        self.learners = list(learners)
        self._recorder = recorder
        self._warm_up_left = WARM_UP
        self._replay: Callable[[], None] | None = None
        self._inputs: dict[int, Batch] = {}
        self._names: list[tuple[str, ...]] = []
        self._numbers: Tensor = torch.empty(0)

    def step(self, batch_cache: BatchCache) -> None:
        """Trains each on the next batch of its seed."""
        if self._warm_up_left:
            self._warm_up_left -= 1
            self._step_one_by_one(batch_cache)
        else:
            self._step_by_graph(batch_cache)
        healthy = [learner for learner in self.learners if not learner.problem]
        if len(healthy) < len(self.learners):
            self.learners, self._replay = healthy, None

    def _step_one_by_one(self, batch_cache: BatchCache) -> None:
        with self._recorder.aside():
            for learner in self.learners:
                taken = batch_cache.take(learner.trial.seed, learner.done)
                learner.step(*taken, batch_cache.terms)

    def _step_by_graph(self, batch_cache: BatchCache) -> None:
        done = self.learners[0].done
        seeds = dict.fromkeys(learner.trial.seed for learner in self.learners)
        batches = {seed: batch_cache.draw(seed, done) for seed in seeds}
        for learner in self.learners:
            learner.set_rate()
        if self._replay is None:
            self._inputs = {seed: _copied(batch) for seed, batch in batches.items()}
            self._replay = self._recorder.record(lambda: self._work(batch_cache))
        for seed, batch in batches.items():
            self._inputs[seed].rgb.copy_(batch.rgb)
            self._inputs[seed].gray.copy_(batch.gray)
        self._replay()
        numbers = iter(self._numbers.tolist())  # one wait for the device
        for learner, names in zip(self.learners, self._names, strict=True):
            gradient_norm, loss = next(numbers), next(numbers)
            learner.count_step(gradient_norm, loss, {name: next(numbers) for name in names})

    def _work(self, batch_cache: BatchCache) -> None:
        """A step of all networks, without anything that a graph cannot hold."""
        terms = batch_cache.terms
        targets = {seed: terms.observe(batch.rgb) for seed, batch in self._inputs.items()}
        self._names, rows = [], []
        for learner in self.learners:
            seed = learner.trial.seed
            measured = learner.compute_gradient(self._inputs[seed], targets[seed], terms)
            assert measured is not None, "some weight is above 0"
            self._names.append(measured[0])
            rows.append(measured[1])
            learner.move()
        self._numbers = torch.cat(rows)


def _copied(batch: Batch) -> Batch:
    return Batch(rgb=batch.rgb.clone(), gray=batch.gray.clone())

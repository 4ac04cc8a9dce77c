from dataclasses import fields
from types import SimpleNamespace

import pytest
import torch

from tuner.color.loss_terms import TargetSide
from tuner.data.batches import Batch
from tuner.training import kept_batches
from tuner.training.kept_batches import KeptBatches

PART = torch.zeros(100)
SIZE = 400 * (len(fields(Batch)) + len(fields(TargetSide)))


@pytest.fixture(autouse=True)
def free(monkeypatch):
    """How much memory is free, in bytes."""
    memory = SimpleNamespace(available=1 << 40)
    monkeypatch.setattr(kept_batches.psutil, "virtual_memory", lambda: memory)
    return memory


def batch():
    return Batch(PART, PART, PART), TargetSide(PART, PART, (PART,), PART, PART)


def test_a_batch_is_there_again_by_seed_and_step():
    kept, one, other = KeptBatches(), batch(), batch()
    kept.keep(1, 0, one)
    kept.keep(1, 1, other)
    assert (kept.get(1, 0), kept.get(1, 1)) == (one, other)
    assert kept.get(1, 2) is kept.get(2, 0) is None


def test_the_lowest_seed_is_kept_whatever_comes_first():
    kept, lowest = KeptBatches(), batch()
    for seed, one in ((3, batch()), (1, lowest), (2, batch()), (101, batch())):
        kept.keep(seed, 0, one)
    assert kept.get(1, 0) is lowest
    assert [kept.get(seed, 0) for seed in (2, 3, 101)] == [None] * 3


def test_no_more_bytes_are_kept_than_are_allowed(monkeypatch):
    monkeypatch.setattr(kept_batches, "KEPT_AT_MOST", 2 * SIZE)
    kept = KeptBatches()
    for step in range(9):
        kept.keep(2, step, batch())
    assert [kept.get(2, step) is not None for step in range(9)] == [True] * 2 + [False] * 7
    kept.keep(1, 8, batch())  # the lower seed has all the room
    kept.keep(1, 7, batch())
    assert None not in (kept.get(1, 8), kept.get(1, 7))


def test_all_is_dropped_where_memory_is_short_and_kept_again_later(free):
    kept = KeptBatches()
    kept.keep(1, 0, batch())
    free.available = kept_batches.LEFT_FREE - 1
    assert kept.get(1, 0) is None
    kept.keep(1, 0, batch())
    assert not kept._by_step
    free.available = kept_batches.LEFT_FREE
    kept.keep(1, 0, batch())
    assert kept.get(1, 0) is not None

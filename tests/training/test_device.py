import os
import re

import pytest
import torch

from tuner.errors import TrainerError
from tuner.training.device import choose_device, cores, on_one_core

ALLOWED = r"; allowed: auto, cpu, cuda, cuda:N, mps\)$"


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(False, False, "cpu"), (False, True, "mps"), (True, False, "cuda"), (True, True, "cuda")],
)
def test_auto_takes_the_best_there_is(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto") == torch.device(chosen)


def test_the_processor_can_be_asked_for():
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("asked", ["gpu", "cpu:x", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(asked):
    text = f"trainer.device: '{asked}' cannot be used on this machine ("
    with pytest.raises(TrainerError, match=re.escape(text) + ".+" + ALLOWED):
        choose_device(asked)


def test_a_device_that_only_pretends_is_refused():
    with pytest.raises(TrainerError, match=r"'meta' .* \(nothing can be trained there" + ALLOWED):
        choose_device("meta")


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda who: {2, 5, 7}, raising=False)
    assert cores() == 3


def test_where_the_system_does_not_tell_all_cores_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def fail_on_one_core():
    with on_one_core():
        assert torch.get_num_threads() == 1
        raise KeyError


def test_one_core_is_used_for_a_while_whatever_happens():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(KeyError):
            fail_on_one_core()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)

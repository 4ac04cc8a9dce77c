from dataclasses import replace

import pytest
import torch
from small_training import Heard, trial

from tuner.color.loss_terms import LossTerms
from tuner.errors import TrainerError
from tuner.results import TrialResult
from tuner.training.memory_fit import MemoryFit
from tuner.training.trial_group import train_together


class Device:
    """Holds so many trials; says how many it was asked for at once."""

    def __init__(self, holds):
        self.holds = holds
        self.asked = []

    def __call__(self, trials, on_finished):
        self.asked.append(len(trials))
        if len(trials) > self.holds:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore.")
        for one in trials:
            on_finished(TrialResult(trial=one, status="complete", score=float(one.number)))


@pytest.mark.parametrize(
    ("holds", "asked"),
    [(8, [7]), (4, [7, 3, 3, 1]), (2, [7, 3, 1, 1, 1, 1, 1, 1, 1]), (3, [7, 3, 3, 1])],
)
def test_trials_that_do_not_fit_are_trained_in_parts(holds, asked):
    device, told = Device(holds), []
    trials = [trial(number) for number in range(7)]
    results = MemoryFit().train(trials, device, told.append)
    assert device.asked == asked
    assert [result.trial for result in results] == trials
    assert told == results


def test_what_did_not_fit_once_is_not_asked_for_again():
    room, device = MemoryFit(), Device(2)
    for _ in range(2):
        room.train([trial(number) for number in range(4)], device, lambda _result: None)
    assert device.asked == [4, 2, 2, 2, 2]


def test_a_single_trial_that_does_not_fit_is_an_error_with_a_way_out():
    with pytest.raises(TrainerError) as refusal:
        MemoryFit().train([trial(0), trial(1)], Device(0), lambda _result: None)
    assert str(refusal.value) == (
        "a single training does not fit into the device's memory (CUDA out of memory. Tried to "
        "allocate 2.00 GiB.); lower trainer.batch_size or data.image_size"
    )


@pytest.mark.parametrize(
    "lack", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_memory_of_the_machine_is_fitted_like_that_of_a_gpu(lack):
    def together(trials, on_finished):
        if len(trials) > 1:
            raise lack
        on_finished(TrialResult(trial=trials[0], status="complete", score=1.0))

    room = MemoryFit()
    assert len(room.train([trial(0), trial(1)], together, lambda _result: None)) == 2
    assert room.most == 1


def test_other_errors_of_torch_are_no_lack_of_memory():
    def together(_trials, _on_finished):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        MemoryFit().train([trial(0)], together, lambda _result: None)


class Cramped(LossTerms):
    """Runs out of memory once, in the middle of a training."""

    def __init__(self, terms, at):
        super().__init__(terms.perceptual)
        self.left = at

    def observe(self, target):
        self.left -= 1
        if self.left == 0:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().observe(target)


def test_numbers_are_those_of_trials_that_fit(context):
    trials = [trial(0), trial(1, ab_weight=4.0), trial(2, seed=2)]
    heard = Heard()
    expected = train_together(trials, heard.on(context), heard.finished.append)
    cramped = replace(context, terms=Cramped(context.terms, at=4))
    heard = Heard()
    on = heard.on(cramped)
    room = MemoryFit()
    results = room.train(
        trials, lambda some, tell: train_together(some, on, tell), heard.finished.append
    )
    assert room.most == 1
    assert [r.score for r in results] == [r.score for r in expected]
    assert [r.measures for r in results] == [r.measures for r in expected]

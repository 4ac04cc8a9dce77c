import os
import re
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from small_training import STEPS, WEIGHTS, Heard, Poisoned, spec_of, trial

from tuner.data.batches import Batches
from tuner.diagnosis.checkpoints import load_network
from tuner.errors import StorageError, TrainerError
from tuner.training.batch_cache import BatchCache
from tuner.training.checkpoints import Checkpoints
from tuner.training.learner import Learner
from tuner.training.lockstep import learn_together
from tuner.training.trial_group import train_together
from tuner.training.whole_files import save_whole
from tuner.training.worker_threads import WorkerThreads


class Noting(Batches):
    """Batches that note which were drawn."""

    def draw(self, seed, step):
        self.__dict__.setdefault("drawn", []).append((seed, step))
        return super().draw(seed, step)


@pytest.fixture
def starts_of(context, photos, tmp_path):
    """Networks to start from, trained for three steps."""

    def build(batches=context.batches, **trainer):
        settings = {"start_from": "baseline", "start_steps": 3, **trainer}
        return replace(
            context.warm_starts,
            trainer=spec_of(photos, **settings).trainer,
            folder=tmp_path / "starts",
            checkpoints=Checkpoints(tmp_path / "checkpoints", seconds=0.0),
            batches=batches,
            threads=1,
        )

    return build


@pytest.fixture
def noting(context):
    return Noting(**vars(context.batches))


def equal(state, other):
    return state.keys() == other.keys() and all(torch.equal(state[k], other[k]) for k in state)


def test_from_scratch_there_is_nothing_to_make_ready(starts_of, tmp_path):
    warm_starts = starts_of(start_from="scratch")
    warm_starts.make_ready([1, 2])
    assert (warm_starts.steps, warm_starts.state(1)) == (0, None)
    assert not (tmp_path / "starts").exists()


def test_they_are_trained_as_long_as_the_trials_unless_told_otherwise(starts_of):
    assert starts_of().steps == 3
    assert starts_of(start_steps=None).steps == STEPS


def test_one_network_is_trained_for_each_seed_and_kept(starts_of, noting, tmp_path):
    starts_of(noting).make_ready([2, 1, 2])
    assert sorted(noting.drawn) == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
    kept = sorted(file.name for file in (tmp_path / "starts").iterdir())
    assert kept == ["seed-1.safetensors", "seed-2.safetensors"]


def test_their_steps_are_told_with_their_seeds(starts_of):
    told = []
    replace(starts_of(), notify=told.append).make_ready([2, 1])
    assert {one.detail for one in told} == {"seeds 1, 2"}
    assert sorted({(one.name, one.done, one.total) for one in told}) == [
        ("start networks", step, 3) for step in range(4)
    ]


def test_a_network_equals_the_averaged_one_of_a_trial_with_the_start_weights(starts_of, context):
    warm_starts = starts_of()
    warm_starts.make_ready([1])
    learner = Learner(trial(steps=3), warm_starts.trainer, context.device, None)
    batch_cache = BatchCache(context.batches, context.terms, 0)
    with WorkerThreads(1) as workers:
        learn_together([learner], batch_cache, lambda _: 3, workers, lambda _: None)
    assert equal(warm_starts.state(1), learner.averaged_state())


def test_what_is_kept_is_not_trained_again(starts_of, noting):
    starts_of().make_ready([1])
    again = starts_of(noting)
    again.make_ready([1])
    again.make_ready([1, 3])
    assert {seed for seed, _ in noting.drawn} == {3}
    assert not equal(again.state(1), again.state(3))


def test_threads_change_nothing(starts_of, tmp_path):
    starts_of().make_ready([1, 2])
    at_once = replace(starts_of(), folder=tmp_path / "other", threads=2)
    at_once.make_ready([1, 2])
    assert all(equal(starts_of().state(seed), at_once.state(seed)) for seed in (1, 2))


def test_a_half_written_network_is_ignored(starts_of, tmp_path):
    (tmp_path / "starts").mkdir()
    draft = tmp_path / "starts" / ".seed-1.safetensors.4711.draft"
    draft.write_bytes(b"half of it")
    os.utime(draft, (0, 0))
    starts_of().make_ready([1])
    assert load_file(tmp_path / "starts" / "seed-1.safetensors").keys()
    assert not draft.exists()


def test_a_network_that_diverges_is_refused_with_its_cure(starts_of, tmp_path):
    with pytest.raises(TrainerError) as refusal:
        starts_of(learning_rate=1e30).make_ready([4])
    assert str(refusal.value) == (
        "the network to start from diverged on seed 4: the loss became nan at step 2 "
        "(lower trainer.learning_rate)"
    )
    assert list((tmp_path / "starts").glob("*")) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(starts_of, tmp_path):
    (tmp_path / "starts").touch()
    text = f"the network to start from cannot be kept in '{tmp_path}/starts' ("
    with pytest.raises(StorageError, match=re.escape(text) + r".*\); make room, or run"):
        starts_of().make_ready([1])


def test_a_network_that_cannot_be_written_is_a_sentence(starts_of, tmp_path):
    (tmp_path / "seed-1.safetensors").mkdir()
    with pytest.raises(StorageError, match="a network cannot be kept"):
        save_whole(tmp_path / "seed-1.safetensors", {"weight": torch.ones(1)}, "a network")


class Breaking(Batches):
    """Batches that break at one step, as a cable that is pulled does."""

    def draw(self, seed, step):
        if (seed, step) == (2, 2):
            raise KeyboardInterrupt
        return super().draw(seed, step)


def test_an_interrupted_network_goes_on_in_the_middle(starts_of, noting, tmp_path):
    starts_of().make_ready([1, 2])
    whole = [starts_of().state(seed) for seed in (1, 2)]
    for file in (tmp_path / "starts").iterdir():
        file.unlink()
    with pytest.raises(KeyboardInterrupt):
        starts_of(Breaking(**vars(noting))).make_ready([1, 2])
    assert not list((tmp_path / "starts").iterdir())
    warm_starts = starts_of(noting)
    warm_starts.make_ready([1, 2])
    assert all(
        equal(warm_starts.state(seed), before) for seed, before in zip((1, 2), whole, strict=True)
    )
    assert (2, 2) in noting.drawn
    assert min(step for _, step in noting.drawn) > 0
    assert not list((tmp_path / "checkpoints").iterdir())


# trials that go on from them


@pytest.fixture
def forked(context, starts_of, noting):
    """A bench whose trials go on from networks."""
    warm_starts = starts_of(noting)
    return replace(context, batches=noting, warm_starts=warm_starts, trainer=warm_starts.trainer)


def test_trials_of_one_seed_go_on_from_one_network(forked, heard):
    trials = [trial(0), trial(1, ab_weight=4.0), trial(2, seed=2)]
    train_together(trials, heard.on(forked), heard.finished.append)
    first = {number: heard.curve(number)[0][1]["heldout/score"] for number in range(3)}
    assert first[0] == first[1]
    assert first[0] != first[2]


def test_trials_see_other_batches_than_their_start_did(forked, heard):
    train_together([trial(0), trial(1, ab_weight=4.0)], heard.on(forked), print)
    assert forked.batches.drawn == [(1, step) for step in range(3 + STEPS)]


def test_a_forked_trial_alone_equals_the_one_in_a_list(forked, starts_of, tmp_path):
    trials = [trial(0), trial(1, ab_weight=4.0), trial(2, seed=2)]
    together = train_together(trials, Heard().on(forked), lambda _: None)
    elsewhere = replace(forked.warm_starts, folder=tmp_path / "elsewhere")
    alone = train_together([trials[1]], Heard().on(forked, warm_starts=elsewhere), lambda _: None)
    assert alone[0].score == together[1].score
    assert alone[0].measures == together[1].measures


def test_a_start_that_diverges_ends_the_training_before_any_trial(forked, heard, context):
    poisoned = Poisoned(context.terms, step=2)
    weights = {**WEIGHTS, "a_weight": 7.0, "b_weight": 7.0}
    warm_starts = replace(forked.warm_starts, terms=poisoned, weights=weights)
    with pytest.raises(TrainerError, match="diverged on seed 1: the loss became nan at step 2"):
        train_together([trial()], heard.on(forked, warm_starts=warm_starts), heard.finished.append)
    assert (heard.points, heard.finished) == ([], [])


def test_a_network_says_how_it_was_built(starts_of, tmp_path):
    starts_of(model_args={"base_width": 4, "gray_skip": False}).make_ready([1])
    network = load_network(tmp_path / "starts" / "seed-1.safetensors", {})
    assert not network.gray_skip


# damage


def cut(file):
    file.write_bytes(file.read_bytes()[:-7])


def emptied(file):
    file.write_bytes(b"")


def flipped(file):
    """One bit of one weight is another one; safetensors alone does not notice."""
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)


def exchanged(file):
    file.write_bytes(file.with_name("seed-2.safetensors").read_bytes())


@pytest.mark.parametrize("damage", [cut, emptied, flipped, exchanged])
def test_a_damaged_network_is_trained_again_and_said(starts_of, tmp_path, damage):
    warm_starts = starts_of()
    warm_starts.make_ready([1, 2])
    whole, said = warm_starts.state(1), []
    damage(warm_starts.file(1))
    with pytest.raises(StorageError, match=r"seed-1.*the same command trains it again"):
        warm_starts.state(1)
    again = replace(warm_starts, checkpoints=replace(warm_starts.checkpoints, listen=said.append))
    again.make_ready([1, 2])
    assert equal(again.state(1), whole)
    assert [one.sentence for one in said] == [
        "starts/seed-1.safetensors was damaged: it is trained again"
    ]

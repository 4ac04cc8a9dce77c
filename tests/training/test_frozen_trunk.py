from dataclasses import replace

import numpy as np
import pytest
import torch
from small_training import CPU, STEPS, prepared_of, spec_of, trial

from tuner.training import frozen_trunk
from tuner.training.batch_cache import KEPT, BatchCache
from tuner.training.frozen_trunk import FrozenTrunk
from tuner.training.learner import Learner
from tuner.training.model import build_model
from tuner.training.trial_group import train_together

HEAD_ALONE = {
    "start_from": "sample",
    "model_args": {"base_width": 16},
    "train_only": ["head"],
    "learning_rate": 1e-2,
}


@pytest.fixture
def context(photos, tmp_path):
    return prepared_of(spec_of(photos, **HEAD_ALONE), tmp_path).context


def trained(context):
    """Results of two trials, and pictures by trial and step."""
    shown = {}

    def show(trial, step, *views):
        shown[trial.number, step] = np.stack(views)

    context = replace(context, show=show)
    trials = [trial(0), trial(1, ab_weight=5.0)]
    results = train_together(trials, context, lambda _result: None)
    return [one.model_copy(update={"seconds": None}) for one in results], shown


def test_scores_and_pictures_are_those_of_networks_that_compute_alone_to_the_last_bit(context):
    alone = replace(context, recipe=replace(context.recipe, trunk=None))
    (results, shown), (expected, views) = trained(context), trained(alone)
    assert results == expected
    assert shown.keys() == views.keys() == {(0, 0), (0, STEPS), (1, 0), (1, STEPS)}
    assert all(np.array_equal(shown[at], views[at]) for at in views)


def test_the_frozen_layers_compute_each_batch_and_the_held_out_photos_once(context, monkeypatch):
    seen = []
    features = context.recipe.trunk._features
    monkeypatch.setattr(
        context.recipe.trunk, "_features", lambda gray: seen.append(gray.shape) or features(gray)
    )
    trials = [trial(0), trial(1, ab_weight=5.0)]
    first = scores(train_together(trials, context, lambda _result: None))
    assert len(seen) == STEPS + 2  # the steps, the scored photos, the photos that are shown
    monkeypatch.setattr(context.terms, "observe", lambda _rgb: pytest.fail("computed again"))
    assert scores(train_together(trials, context, lambda _result: None)) == first
    assert len(seen) == STEPS + 2  # a later round has them


def scores(results):
    return [(one.score, one.measures) for one in results]


@pytest.mark.parametrize(
    "other",
    [
        {"train_only": []},
        {"train_only": ["head", "up"]},
        {"start_from": "baseline", "start_steps": 1},
        {"engine": "folded"},
        {"precision": "bfloat16"},
    ],
)
def test_networks_that_differ_in_more_than_the_head_compute_alone(photos, tmp_path, other):
    prepared = prepared_of(spec_of(photos, **{**HEAD_ALONE, **other}), tmp_path)
    assert prepared.context.recipe.trunk is None


def test_a_network_from_scratch_uses_its_own_layers(context):
    recipe, gray = context.recipe, context.heldout.surrounded
    shared = BatchCache(context.batches, context.terms, 0, recipe.trunk)

    def color(recipe, batch_cache):
        """The held-out photos after a step of a network that does not start from the file."""
        learner = Learner(trial(), context.trainer, CPU, None, recipe)
        learner.step(*batch_cache.take(1, 0), context.terms)
        return learner.predict(gray)

    alone = color(replace(recipe, trunk=None), BatchCache(context.batches, context.terms, 0))
    assert torch.equal(color(recipe, shared), alone)


def test_what_takes_too_much_memory_is_not_kept(monkeypatch):
    model = build_model({"base_width": 4}, 0)
    trunk = FrozenTrunk(build_model({"base_width": 4}, 1), model.state_dict())
    gray = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    (features,) = trunk.of_photos(gray, [gray])
    assert torch.equal(features, model.features(gray))
    assert trunk.of_photos(gray, [gray])[0] is features
    size = features.numel() * features.element_size()
    monkeypatch.setattr(frozen_trunk, "KEPT_AT_MOST", 2 * size - 1)
    assert trunk.of_photos(gray.clone(), [gray]) == [None]
    monkeypatch.setattr(frozen_trunk, "BATCHES_AT_MOST", size - 1)
    assert trunk.of_batch(gray) is None


def test_the_batches_of_all_seeds_share_the_memory(context, monkeypatch):
    batch_cache = BatchCache(context.batches, context.terms, 0, context.recipe.trunk)
    features = batch_cache.take(1, 0)[0].features
    size = features.numel() * features.element_size()
    monkeypatch.setattr(frozen_trunk, "BATCHES_AT_MOST", KEPT * size)
    assert batch_cache.take(1, 1)[0].features is not None
    assert batch_cache.take(2, 0)[0].features is None


def test_batches_that_a_loss_of_ones_own_might_change_are_not_kept_for_later_rounds(
    photos, tmp_path
):
    spec = spec_of(photos, **HEAD_ALONE, loss="my_networks:Anything")
    context = prepared_of(spec, tmp_path).context
    train_together([trial(0, steps=1)], context, lambda _result: None)
    assert context.recipe.trunk is not None
    assert context.kept_batches.get(trial(0).seed, 0) is None

"""Networks and losses of the user's, trained as the built-in ones are."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from small_training import CPU, WEIGHTS, Heard, prepared_of, spec_of, trial

from tuner.errors import StudyChanged
from tuner.training.checkpoints import Checkpoints
from tuner.training.custom.loss import UnusedLossTerms
from tuner.training.learner import Learner
from tuner.training.trainer import BuiltinTrainer
from tuner.training.trial_group import train_together

LOSS_WEIGHTS = {"pixel": 1.0, "restraint": 0.1}
KINDS = {
    "batch statistics": {"model": "my_networks:Normed"},
    "dropout": {"model": "my_networks:Dropping"},
    "video": {"model": "my_networks:Clip"},
    "started": {"model": "my_networks:Normed", "start_from": "baseline", "start_steps": 3},
    "own loss": {"loss": "my_networks:Parts"},
    "both, and a loss that draws": {"model": "my_networks:Normed", "loss": "my_networks:Single"},
}


def bench_of(photos, folder, threads=2, **trainer):
    weights = LOSS_WEIGHTS if "loss" in trainer else WEIGHTS
    weights = {"pixel": 1.0} if trainer.get("loss", "").endswith("Single") else weights
    arguments = {} if "model" in trainer else {"base_width": 4}
    spec = spec_of(photos, weights, **{"model_args": arguments, **trainer})
    made = prepared_of(spec, folder)
    return made, replace(made.context, threads=threads)


def trials_of(context):
    weights = context.warm_starts.weights
    name = next(iter(weights))
    first = trial(0, steps=8)
    return [
        first.model_copy(update={"weights": dict(weights)}),
        first.model_copy(update={"weights": {**weights, name: 3.0}, "number": 1}),
        first.model_copy(update={"weights": dict(weights), "number": 2, "seed": 2}),
    ]


def trained(trials, context):
    heard = Heard()
    results = train_together(trials, heard.on(context), heard.finished.append)
    alike = [result.model_copy(update={"seconds": 0.0}) for result in results]
    return alike, {one.number: heard.curve(one.number) for one in trials}


@pytest.fixture(params=KINDS, ids=lambda name: name.replace(" ", "-"))
def context(request, photos, tmp_path):
    return bench_of(photos, tmp_path / "study", **KINDS[request.param])[1]


def test_a_trial_is_the_same_to_the_last_bit_alone_and_together(context):
    trials = trials_of(context)
    together, curves = trained(trials, context)
    assert {result.status for result in together} <= {"complete", "rejected"}
    for one, expected in zip(trials, together, strict=True):
        torch.rand(7)  # whatever else is drawn in this process
        alone, curve = trained([one], replace(context, threads=1))
        assert alone == [expected]
        assert curve[one.number] == curves[one.number]
    assert together[0].score != together[1].score


def test_an_interrupted_training_ends_as_if_nothing_had_happened(context, tmp_path):
    trials = trials_of(context)
    whole, _ = trained(trials, context)
    kept = replace(context, checkpoints=Checkpoints(tmp_path / "kept"))

    def listen(point):
        if (point.number, point.step) == (1, 5) and "loss/total" in point.values:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_together(trials, replace(kept, listen=listen), lambda result: None)
    assert list((tmp_path / "kept").glob("*.safetensors"))
    assert trained(trials, kept)[0] == whole


def test_curves_are_those_of_the_loss(photos, tmp_path):
    _, context = bench_of(photos, tmp_path / "study", **KINDS["own loss"])
    _, curves = trained(trials_of(context)[:1], context)
    last = curves[0][-2][1]
    assert set(last) == {"loss/total", "loss/pixel", "loss/re_straint_"}


def test_arguments_of_an_own_loss_weigh_in_its_training(photos, tmp_path):
    spec = spec_of(
        photos, {"pixel": 1.0}, model_args={"base_width": 4},
        loss="my_networks:Parts", loss_args={"restraint": 0.5},
    )  # fmt: skip
    made = prepared_of(spec, tmp_path / "study")
    only = trial(0, steps=8).model_copy(update={"weights": dict(spec.weights)})
    _, curves = trained([only], made.context)
    last = curves[0][-2][1]
    expected = last["loss/pixel"] + 0.5 * last["loss/re_straint_"]
    assert last["loss/total"] == pytest.approx(expected, rel=1e-4)


def test_an_own_loss_needs_no_network_to_train_with(photos, tmp_path):
    made, context = bench_of(photos, tmp_path / "study", **KINDS["own loss"])
    assert isinstance(context.terms, UnusedLossTerms)
    assert "training network" not in made.facts
    assert made.facts["loss"].startswith("my_networks:Parts ")


def learned(photos, tmp_path, steps):
    _, context = bench_of(photos, tmp_path / "study", **KINDS["batch statistics"])
    learner = Learner(trial(steps=40), context.trainer, CPU, None, context.recipe)
    seen = []
    for step in range(steps):
        batch = context.batches.draw(1, step)
        learner.step(batch, context.terms.observe(batch.rgb), context.terms)
        seen.append({k: v.clone() for k, v in learner.model.state_dict().items()})
    return context, learner, seen


def test_batch_statistics_are_averaged_with_the_weights_and_tables_are_kept(photos, tmp_path):
    _, learner, seen = learned(photos, tmp_path, 5)
    expected = seen[0]["norm.running_var"]
    for state in seen[1:]:
        expected = 0.75 * expected + 0.25 * state["norm.running_var"]
    averaged = learner.averaged_state()
    assert torch.allclose(averaged["norm.running_var"], expected, atol=1e-6)
    assert not torch.allclose(averaged["norm.running_var"], seen[-1]["norm.running_var"])
    assert torch.equal(averaged["order"], seen[-1]["order"])
    assert averaged["norm.num_batches_tracked"] == 5


def test_predictions_use_the_statistics_and_change_nothing(photos, tmp_path):
    context, learner, _ = learned(photos, tmp_path, 3)
    gray = context.heldout.gray
    whole = learner.predict(gray)
    assert torch.allclose(learner.predict(gray[:1]), whole[:1], atol=1e-5)
    assert torch.equal(learner.predict(gray), whole)


def test_trials_start_from_a_file_of_the_users_network(photos, tmp_path):
    context, learner, _ = learned(photos, tmp_path, 3)
    save_file(learner.averaged_state(), tmp_path / "mine.safetensors")
    settings = {**KINDS["batch statistics"], "start_from": str(tmp_path / "mine.safetensors")}
    made, context = bench_of(photos, tmp_path / "study", **settings)
    assert made.facts["start network"].startswith("mine.safetensors ")
    again = Learner(trial(), context.trainer, CPU, context.warm_starts.state(1), context.recipe)
    assert torch.equal(again.predict(context.heldout.gray), learner.predict(context.heldout.gray))


def test_another_source_than_the_study_began_with_is_refused(photos, tmp_path):
    spec = spec_of(photos, model="my_networks:Plain", model_args={})
    before = {"model": "my_networks:Plain 000000000000 (gray -> rgb)"}
    trainer = BuiltinTrainer(
        spec, tmp_path / "study", photos.parent / "small-cache", before,
        lambda event: None, lambda *views: None, lambda *reading: None,
    )  # fmt: skip
    with pytest.raises(StudyChanged, match="the model changed since 'small' began"):
        trainer.make_ready()

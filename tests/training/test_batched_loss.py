"""Networks that learn together: the same as alone, but for rounding."""

from dataclasses import replace
from statistics import stdev

import pytest
import torch
from small_training import CPU, WEIGHTS, Heard, spec_of, trial
from torch.utils._python_dispatch import TorchDispatchMode

from tuner.training.batch_cache import BatchCache
from tuner.training.cuda_graph import WARM_UP
from tuner.training.groups import GROUPINGS, SingleLearner
from tuner.training.learner import Learner
from tuner.training.recipe import make_recipe
from tuner.training.trial_group import train_together

TRIALS = [
    trial(0),
    trial(1, ab_weight=4.0, a_weight=0.5, b_weight=1.5),
    trial(2, perceptual_weight=0.0),
    trial(3, saturation_weight=1.0, l_weight=0.0),
]


@pytest.fixture
def learners_of(photos):
    def build(trials=TRIALS, engine="loop", **trainer):
        spec = spec_of(photos, **trainer).trainer
        recipe = replace(make_recipe(spec, WEIGHTS, CPU), engine=engine)
        return [Learner(one, spec, CPU, None, recipe) for one in trials]

    return build


@pytest.fixture
def teach(context):
    batch_cache = BatchCache(context.batches, context.terms, 0)

    def step(group):
        if group.learners:
            group.step(batch_cache)

    return step


def gradient(learner):
    return torch.cat([one.grad.flatten() for one in learner.model.parameters()])


def parameters(learner):
    return torch.cat([one.detach().flatten() for one in learner.model.parameters()])


@pytest.fixture(params=["folded", "stacked"])
def engine(request):
    return request.param


@pytest.fixture(params=GROUPINGS)
def any_engine(request, graphs_replayed_by_hand):
    return request.param


def fold_of(learners, engine):
    (fold,) = GROUPINGS[engine](learners, 1)
    return fold


@pytest.fixture
def learn_alone_and_together(learners_of, teach, engine):
    def learn(steps, trials=TRIALS, **trainer):
        alone, together = (learners_of(trials, one, **trainer) for one in ("loop", engine))
        fold = fold_of(together, engine)
        for _ in range(steps):
            for learner in alone:
                teach(SingleLearner(learner))
            teach(fold)
        return zip(alone, together, strict=True)

    return learn


def test_the_first_gradient_of_each_is_that_which_it_has_alone(learn_alone_and_together):
    for alone, together in learn_alone_and_together(1):
        assert torch.allclose(gradient(alone), gradient(together), rtol=1e-3, atol=1e-6)
        assert gradient(alone).abs().max() > 1e-3


def test_what_is_told_of_each_is_what_it_tells_alone(learn_alone_and_together):
    for alone, together in learn_alone_and_together(3):
        assert together.done == 3
        assert together.averages() == pytest.approx(alone.averages(), rel=1e-3, abs=1e-6)


def test_components_beyond_the_guide_are_those_of_each(learn_alone_and_together):
    trials = [trial(0), trial(1, rare_color_weight=2.0), trial(2, colorfulness_weight=0.5)]
    told = []
    for alone, together in learn_alone_and_together(3, trials):
        averages = together.averages()
        assert averages == pytest.approx(alone.averages(), rel=1e-3, abs=1e-6)
        told.append({name for name in averages if name.startswith("loss/")})
    assert told[1] - told[0] == {"loss/rare_color"}
    assert told[2] - told[0] == {"loss/colorfulness"}


def test_they_may_be_of_several_seeds(learn_alone_and_together):
    trials = [*TRIALS[:2], trial(2, seed=2), trial(3, seed=3, ab_weight=1.0)]
    for alone, together in learn_alone_and_together(3, trials):
        assert together.averages() == pytest.approx(alone.averages(), rel=1e-3, abs=1e-6)
        assert torch.cosine_similarity(gradient(alone), gradient(together), dim=0) > 0.9999


def test_in_16_bits_folded_networks_go_nearly_the_same_way(learners_of, teach):
    full, half, alone = (
        learners_of(precision=precision) for precision in ("float32", "bfloat16", "bfloat16")
    )
    for group in (fold_of(full, "folded"), fold_of(half, "folded"), *map(SingleLearner, alone)):
        teach(group)
        teach(group)
    for one, other, exact in zip(half, alone, full, strict=True):
        assert torch.cosine_similarity(gradient(one), gradient(other), dim=0) > 0.98
        assert (gradient(one) - gradient(exact)).norm() > 1e-3 * gradient(exact).norm()
        assert {value.dtype for value in one.state().values()} <= {torch.float32, torch.int64}


def test_torch_still_has_no_autocast_where_networks_are_computed_as_one(learners_of, teach):
    """The reason why 16 bits are refused there; once this fails, they need not be."""
    full, half = (
        learners_of(engine="stacked", precision=precision) for precision in ("float32", "bfloat16")
    )
    for learners in (full, half):
        teach(fold_of(learners, "stacked"))
    for one, other in zip(full, half, strict=True):
        assert torch.equal(gradient(one), gradient(other))


def test_a_diverged_trial_changes_no_other(learners_of, teach, engine):
    whole, without = (learners_of(some, engine) for some in (TRIALS, [TRIALS[0], *TRIALS[2:]]))
    lost = whole[1]
    with torch.no_grad():
        lost.model.head.bias.fill_(float("nan"))
    before = parameters(lost)
    fold, others = fold_of(whole, engine), fold_of(without, engine)
    for _ in range(2):
        teach(fold)
        teach(others)
    assert lost.problem == "the loss became nan at step 1"
    assert lost.done == 0
    assert torch.allclose(parameters(lost), before, rtol=0, atol=0, equal_nan=True)
    assert fold.learners == [whole[0], *whole[2:]]
    for one, other in zip(fold.learners, without, strict=True):
        assert one.done == 2
        assert torch.allclose(parameters(one), parameters(other), rtol=1e-3, atol=1e-5)


def test_where_all_diverge_no_learner_is_left(learners_of, teach, engine):
    learners = learners_of(TRIALS[:2], engine, learning_rate=1e30)
    fold = fold_of(learners, engine)
    teach(fold)
    teach(fold)
    assert fold.learners == []
    assert {one.problem for one in learners} == {"the loss became nan at step 2"}


class Waited(TorchDispatchMode):
    """Notes operators whose outcome the processor waits for, where a GPU computes it."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if operator.name() in ("aten::_local_scalar_dense", "aten::equal", "aten::nonzero"):
            self.names.append(operator.name())
        return operator(*args, **(kwargs or {}))


def test_a_step_waits_for_the_device_only_to_fetch_its_numbers(learners_of, teach, any_engine):
    groups = GROUPINGS[any_engine](learners_of(engine=any_engine), 1)
    for _ in range(WARM_UP):
        for group in groups:
            teach(group)
    with Waited() as waited:
        for group in groups:
            teach(group)
        assert waited.names == []
        torch.ones(1).item()
    assert waited.names == ["aten::_local_scalar_dense"]


# through the engine


def trained(context, trials, engine, **changes):
    heard = Heard()
    heard_by = heard.on(context.by(engine), **changes)
    return train_together(trials, heard_by, heard.finished.append), heard


@pytest.fixture(scope="module")
def looped(prepared):
    """Scores of the loop, and of more seeds, whose noise is the yardstick."""
    trials = [one.model_copy(update={"steps": 60}) for one in TRIALS]
    seeds = [trial(9 + seed, seed=seed, steps=60) for seed in range(2, 8)]
    results, _ = trained(replace(prepared.context, threads=2), [*trials, *seeds], "loop")
    return results[: len(TRIALS)], stdev(one.score for one in results[len(TRIALS) - 1 :])


@pytest.mark.xdist_group("scores of the loop")
@pytest.mark.parametrize("threads", [1, 2])
def test_scores_are_those_of_the_loop_within_a_hundredth_of_the_noise(
    context, looped, threads, engine
):
    alone, noise = looped
    together, _ = trained(context, [one.trial for one in alone], engine, threads=threads)
    for one, other in zip(together, alone, strict=True):
        assert one.trial == other.trial
        assert abs(one.score - other.score) < 0.01 * noise, (one.score, other.score, noise)


def test_some_leave_early_and_the_rest_goes_on(context, engine):
    def prune(running):
        return {1: "clearly behind"} if len(running) == len(TRIALS) else {}

    heard = Heard()
    results = train_together(TRIALS, heard.on(context.by(engine)), heard.finished.append, prune)
    assert [one.status for one in results] == ["complete", "pruned", "complete", "complete"]
    assert max(step for step, _ in heard.curve(0)) == TRIALS[0].steps


def test_an_interrupted_stage_goes_on_in_the_middle(context, tmp_path, engine):
    folder = replace(context.checkpoints, folder=tmp_path / "kept")
    whole, _ = trained(context, TRIALS, engine)
    seen = []

    def interrupt(point):
        seen.append(point)
        if point.number == 1 and point.step == 3:
            raise KeyboardInterrupt

    stopped = replace(context.by(engine), checkpoints=folder, listen=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_together(TRIALS, stopped, lambda _result: None)
    assert len(list(folder.folder.iterdir())) == len(TRIALS)
    again, heard = trained(context, TRIALS, engine, checkpoints=folder)
    assert min(step for step, _ in heard.curve(0)) > 0
    for one, other in zip(again, whole, strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-4)


def test_weights_that_are_all_0_are_a_result_here_too(context, engine):
    none = trial(4, **dict.fromkeys(WEIGHTS, 0.0))
    results, _ = trained(context, [*TRIALS, none], engine)
    assert [one.status for one in results] == [*["complete"] * len(TRIALS), "diverged"]
    assert results[-1].reason == "all weights of the loss are 0"

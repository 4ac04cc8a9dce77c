from math import log

import pytest

from tuner.errors import StudyFileError, TrainerError
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.runner.run import run_study
from tuner.search.procedure import run_procedure
from tuner.spec.plan import make_plan
from tuner.spec.study_file import load_study
from tuner.spec.trial_count import least, most

START = dict(WEIGHT_PRESETS["legacy"])
STAGES = [{"vary": "ab_weight", "values": [3.0], "extend": False}]


def spec(**overrides):
    chosen = {"compare": ["presets", "rlw"], "stages": STAGES, "combination": 0}
    return load_study("sepia-fix", {**chosen, **overrides})


def ab_counts(weights, seed):
    return 1 - 0.5 * log(weights["ab_weight"]) + seed / 1000


def test_presets_and_unsearched_weightings_are_trained_on_the_seeds_of_the_claim(scorer):
    plan, train = make_plan(spec()), scorer(ab_counts)
    found = run_procedure(plan, train)
    names = ["conservative", "balanced", "vibrant", "maximum", "rlw"]
    assert [rival.name for rival in found.rivals] == names
    trained = [trial for trial in train.trials if trial.rival]
    assert {trial.seed for trial in trained} == {*plan.confirm_seeds}
    assert len(trained) == 5 * 5
    assert {t.role for t in trained} == {"rival"}
    gains = {rival.name: rival.comparison.gain for rival in found.rivals}
    assert gains["maximum"] == pytest.approx(0.5 * log(5 / 2))
    assert gains["rlw"] == 0  # to a score that only looks at weights it is the start


def test_they_are_compared_with_the_best_weights_on_the_same_seeds(scorer):
    found = run_procedure(make_plan(spec()), scorer(ab_counts))
    assert found.best["ab_weight"] == 3.0
    beside = {rival.name: rival.against_best for rival in found.rivals}
    assert beside["maximum"].gain == pytest.approx(0.5 * log(5 / 3))
    assert beside["maximum"].verdict == "better"
    assert beside["rlw"].verdict == "worse"
    assert beside["rlw"].confidence == pytest.approx(1 - 0.05 / 5)


def test_where_nothing_was_found_the_best_weights_are_the_start_s(scorer):
    found = run_procedure(make_plan(spec()), scorer(lambda weights, seed: 0.5))
    assert {rival.against_best.gain for rival in found.rivals} == {0.0}


def test_they_are_compared_with_the_start_even_where_nothing_was_found(scorer):
    found = run_procedure(make_plan(spec()), scorer(lambda weights, seed: 0.5))
    assert found.best == START
    assert {rival.comparison.verdict for rival in found.rivals} == {"no difference"}


def test_they_neither_steer_the_search_nor_count_as_noise(scorer):
    with_them, without = make_plan(spec()), make_plan(spec(compare=[]))
    one, other = (
        run_procedure(with_them, scorer(ab_counts)),
        run_procedure(without, scorer(ab_counts)),
    )
    assert (one.stages, one.confirmation, one.noise) == (
        other.stages, other.confirmation, other.noise
    )  # fmt: skip
    assert other.rivals == ()


def test_they_cost_extra_which_the_plan_says():
    with_them, without = make_plan(spec()), make_plan(spec(compare=[]))
    assert most(with_them).trials == most(without).trials + 25
    assert least(with_them).trials == least(without).trials + 25


def test_presets_of_another_loss_are_refused():
    with pytest.raises(StudyFileError) as refused:
        spec(weights={"ab_weight": 2.0, "gan": 1.0})
    assert (
        "the presets are of a loss with 'perceptual_weight', 'l_weight', 'ab_weight' and "
        "'saturation_weight'; the study lacks 'perceptual_weight', 'l_weight' and "
        "'saturation_weight'"
    ) in str(refused.value)


def test_a_way_of_weighting_that_is_not_known_is_refused():
    with pytest.raises(StudyFileError, match="compare"):
        spec(compare=["dwa"])


def test_what_has_no_weights_needs_the_built_in_trainer():
    with pytest.raises(TrainerError) as refused:
        run_study(spec(), lambda trials: [0.5 for _ in trials])
    assert str(refused.value) == (
        "compare: what computes the weights in every step, 'rlw', needs the built-in trainer "
        "(leave it out, or train without 'evaluate')"
    )


def test_a_whole_study_tells_them(tmp_path):
    def score(trials):
        return [ab_counts(trial.weights, trial.seed) for trial in trials]

    result = run_study(spec(compare=["presets"]), score, tmp_path)
    assert result.rivals[0].name == "conservative"
    again = run_study(spec(compare=["presets"]), score, tmp_path)
    assert again.rivals == result.rivals

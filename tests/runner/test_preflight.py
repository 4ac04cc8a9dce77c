import pytest

from tuner.errors import TrainerError
from tuner.results import Evaluation, Trial, TrialResult
from tuner.runner.preflight import refuse_a_baseline_without_color, steps_needed
from tuner.spec.study_file import load_study

LOOKS = (0, 125, 250, 500, 1000)


def result(slope, role="baseline", power=1.0, steps=1000):
    """A training whose slope grows with a power of the steps, up to `slope`."""
    trial = Trial(weights={"ab_weight": 1.0}, seed=1, steps=steps, role=role)
    evaluations = tuple(
        Evaluation(step=step, score=1.0, ab_slope=slope * (step / steps) ** power if step else 0.0)
        for step in LOOKS
    )
    return TrialResult(
        trial=trial,
        status="complete",
        score=1.0,
        measures={"ab_slope": slope},
        evaluations=evaluations,
    )


def spec(**overrides):
    return load_study("sepia-fix", {"trainer.steps": 1000, **overrides})


def refuse(*results, **overrides):
    with pytest.raises(TrainerError) as refused:
        refuse_a_baseline_without_color(spec(**overrides), results)
    return str(refused.value)


def test_a_baseline_without_color_is_told_how_many_steps_it_needs():
    assert refuse(result(0.1), result(0.06)) == (
        "the start weights have not learned color yet: after 1000 steps the predicted colors rise "
        "with the true ones by 0.08 (needed: 0.20, all would be 1), so no weight of colors could "
        "be judged; train longer, about 2600 steps (--steps 2600 --restart), or go on all the same "
        "with --yes"
    )


def test_networks_that_are_trained_on_get_a_longer_start():
    text = refuse(result(0.1), **{"trainer.start_from": "baseline", "trainer.start_steps": 1000})
    assert "after 2000 steps" in text
    assert "(--set trainer.start_steps=" in text


def test_what_is_out_of_sight_is_not_forecast():
    assert "train far longer (more than 20 times as many steps)" in refuse(result(0.001))


def test_what_was_looked_at_only_at_its_end_is_not_forecast():
    last = result(0.1).evaluations[-1:]
    assert "; train longer (--steps N --restart), or go on" in refuse(
        result(0.1).model_copy(update={"evaluations": last})
    )


def test_nothing_is_asked_of_a_study_that_says_so():
    refuse_a_baseline_without_color(spec(**{"guardrails.learned_color": 0}), [result(-0.01)])


def test_a_baseline_with_color_passes():
    refuse_a_baseline_without_color(spec(), [result(0.3), result(0.15)])


def test_what_went_on_before_is_not_asked_again():
    refuse_a_baseline_without_color(spec(), [result(0.01), result(0.01, role="candidate")])


def test_scores_without_measures_pass():
    scored = result(0.01).model_copy(update={"measures": {}, "evaluations": ()})
    refuse_a_baseline_without_color(spec(), [scored])


def test_it_can_be_switched_off():
    refuse_a_baseline_without_color(spec(**{"guardrails.learned_color": 0}), [result(0.01)])


@pytest.mark.parametrize(("slope", "power", "steps"), [(0.1, 1.0, 2000), (0.1, 0.5, 4000)])
def test_the_forecast_is_a_power_law(slope, power, steps):
    assert steps_needed([result(slope, power=power)], 0.2) == pytest.approx(steps, rel=0.06)


def test_a_slope_that_falls_cannot_be_forecast():
    assert steps_needed([result(0.1, power=-0.5)], 0.2) is None
    assert steps_needed([], 0.2) is None

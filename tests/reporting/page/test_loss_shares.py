import pytest
from sample_study import AFTER_ONE, BEST, START, compared, ended, finished, opened, trial

from tuner.guide.golden_rule import RATIO, broken_rule
from tuner.reporting.page.loss_shares import mixes
from tuner.reporting.page.recommendation import recommended_weights
from tuner.results.events import CurvePoint


def trained(number, weights, perceptual, ab):
    asked = trial(number, weights, seed=number)
    values = {"loss/total": 1.0, "loss/perceptual": perceptual, "share/perceptual": 1 - ab}
    yield CurvePoint(number=number, step=100, values={**values, "share/ab_chrominance": 0.0})
    yield CurvePoint(number=number, step=300, values={**values, "share/ab_chrominance": ab})
    yield ended(asked, 1.0)


def test_the_last_numbers_of_all_trainings_of_the_same_weights_are_averaged(history_of):
    events = [*trained(0, START, 0.4, 0.2), *trained(1, START, 0.2, 0.4)]
    [mix] = mixes(history_of([opened(), *events]))
    assert (mix.name, mix.trainings) == ("start weights", 2)
    assert mix.values == {"perceptual": pytest.approx(0.3)}
    assert mix.shares == {
        "perceptual": pytest.approx(0.7),
        "ab_chrominance": pytest.approx(0.3),
    }


def test_a_rival_with_the_start_weights_is_not_the_start(history_of):
    unsearched = trial(1, START, "rival", seed=1, rival="rlw")
    (mix,) = mixes(history_of([opened(), *trained(0, START, 0.4, 0.2), ended(unsearched, 1.0)]))
    assert mix.trainings == 1
    values = {"share/perceptual": 0.0, "share/ab_chrominance": 1.0}
    curve = CurvePoint(number=1, step=300, values=values)
    story = [opened(), *trained(0, START, 0.4, 0.2), curve, ended(unsearched, 1.0)]
    assert mixes(history_of(story)) == (mix,)


def test_the_best_weights_stand_beside_the_start(history_of):
    events = [*trained(0, START, 0.4, 0.2), *trained(1, BEST, 0.2, 0.8), finished()]
    start, best = mixes(history_of([opened(), *events]))
    assert (start.name, best.name) == ("start weights", "best weights")


def test_the_golden_rule_has_the_ratio_that_the_warning_names(history_of):
    events = [opened()]
    for number, ratio in ((0, 10.0), (1, 16.0)):
        *curve, last = trained(number, START, 0.4, 0.2)
        result = last.result.model_copy(update={"measures": {RATIO: ratio}})
        events += [*curve, last.model_copy(update={"result": result})]
    history = history_of(events)
    [mix] = mixes(history)
    assert mix.golden_ratio == 13.0
    assert "is 13 times" in broken_rule(history.results.values(), START)


def test_without_curves_there_is_nothing_to_show(history_of):
    assert mixes(history_of([opened(), ended(trial(0), 1.0)])) == ()


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (finished(), "best weights"),
        (finished(compared(1.4, 1.39, "no difference"), best_weights=START), "best tried"),
        (finished(best_weights=BEST).model_copy(update={"confirmation": None}), "best tried"),
    ],
)
def test_only_what_was_confirmed_is_called_the_best(history_of, outcome, name):
    best = recommended_weights(history_of([opened(), outcome]))
    assert (best.name, dict(best.weights)) == (name, BEST)


def test_before_the_end_the_incumbent_is_the_best_so_far(unfinished):
    assert recommended_weights(unfinished).name == "best so far"
    assert dict(recommended_weights(unfinished).weights) == BEST != AFTER_ONE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.guide.advice import RECENT, Adviser
from tuner.results import Trial
from tuner.results.events import CurvePoint, TrainingPrepared, TrialStarted

STEPS = 100
TRAINED = TrainingPrepared(facts={"training network": "alex imagenet 0123"})
RANDOM = TrainingPrepared(facts={"training network": "alex random 0123"})

# In the middle of the guide's ranges, with its default weights: the golden rule holds.
HEALTHY = {
    "loss/perceptual": 0.35,
    "loss/saturation": 0.05,
    "share/perceptual": 0.21,
    "share/ab_chrominance": 0.72,
}


def trial(number=0, rival=""):
    return Trial(
        weights={"ab_weight": 3.0}, seed=1, steps=STEPS, role="baseline", number=number, rival=rival
    )


def told(adviser, *values, number=0, start=True, rival=""):
    """Advice on a trial whose curve has these values, at 2, 4, ... steps."""
    given = list(adviser(TrialStarted(trial=trial(number, rival)))) if start else []
    for step, each in enumerate(values, start=1):
        given += adviser(CurvePoint(number=number, step=2 * step, values=each))
    return given


def advice_on(*changes, before=TRAINED, **more):
    adviser = Adviser(**more)
    adviser(before)
    curve = [{**HEALTHY, **each} for each in changes]
    return [(one.kind, one.step) for one in told(adviser, *curve)]


def always(changes=HEALTHY):
    return [changes] * 50


def test_a_healthy_training_needs_no_advice():
    assert advice_on(*always()) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"loss/perceptual": 0.6}, "perceptual-high"),
        ({"loss/perceptual": 0.1}, "perceptual-low"),
        ({"share/ab_chrominance": 0.1, "share/perceptual": 0.8}, "golden-rule"),
        ({"share/ab_chrominance": 0.9, "share/perceptual": 0.05}, "golden-rule"),
        ({"share/ab_chrominance": 0.05, "share/perceptual": 0.9}, "ab-small"),
    ],
)
def test_advice_comes_once_when_the_training_has_settled(changes, kind):
    assert advice_on(*always(changes)) == [(kind, 26)]


def test_what_is_true_at_first_only_is_not_said():
    early = {"loss/perceptual": 0.9}
    assert advice_on(early, *always()) == []


def test_a_single_noisy_point_is_not_enough():
    assert advice_on(*([{}] * 30), {"loss/perceptual": 0.9}, *([{}] * 19)) == []


def test_stuck_saturation_with_pale_predictions_is_told_at_half_time():
    pale = {"heldout/chroma_ratio": 0.3}
    assert advice_on(*always(pale)) == [("saturation-stuck", 50)]
    assert advice_on(*always({"heldout/chroma_ratio": 0.9})) == []
    falling = [{**pale, "loss/saturation": 0.05 / step} for step in range(1, 51)]
    assert advice_on(*falling) == []


def test_a_random_network_says_nothing_about_the_range_of_perceptual():
    assert advice_on(*always({"loss/perceptual": 0.9}), before=RANDOM) == []


def test_a_study_that_does_not_mind_the_golden_rule_is_not_told_of_it():
    left = {"share/ab_chrominance": 0.1, "share/perceptual": 0.8}
    assert advice_on(*always(left), golden_rule=False) == []


def test_without_one_of_the_two_there_is_no_balance():
    assert advice_on(*always({"share/perceptual": 0.0})) == []


def test_what_an_earlier_run_was_told_is_not_told_again():
    high = {"loss/perceptual": 0.9}
    assert advice_on(*always(high), given=[(0, "perceptual-high")]) == []


def test_a_trial_that_starts_again_is_watched_afresh_and_told_once():
    adviser = Adviser()
    adviser(TRAINED)
    curve = [{**HEALTHY, "loss/perceptual": 0.9}] * 20
    assert len(told(adviser, *curve)) == 1
    assert told(adviser, *curve) == []


def test_rivals_and_unknown_trials_are_left_alone():
    adviser = Adviser()
    adviser(TRAINED)
    curve = always({**HEALTHY, "loss/perceptual": 0.9})
    assert told(adviser, *curve, rival="rlw") == []
    assert told(adviser, *curve, number=7, start=False) == []


def test_the_sentence_has_what_was_seen_and_what_the_guide_would_do():
    adviser = Adviser()
    adviser(TRAINED)
    changes = {"loss/perceptual": 0.62, "share/ab_chrominance": 0.3, "share/perceptual": 0.6}
    high, rule = told(adviser, *always({**HEALTHY, **changes}))
    assert high.sentence == (
        "perceptual is 0.62, above the guide's 0.2 to 0.5: it would increase perceptual_weight"
    )
    assert rule.sentence == (
        "the weighted AB loss is 0.5 times the perceptual one, not 2 to 4: the guide would "
        "increase ab_weight or decrease perceptual_weight"
    )


POINTS = st.fixed_dictionaries({name: st.floats(0, 1) for name in HEALTHY})


@given(st.lists(POINTS, max_size=50), st.lists(POINTS, max_size=50))
def test_no_kind_is_told_twice_and_companions_change_nothing(first, second):
    alone, both = Adviser(), Adviser()
    expected = [(one.kind, one.step) for one in told(alone, *first)]
    both(TrialStarted(trial=trial(1)))
    both(TrialStarted(trial=trial(0)))
    found = []
    for step in range(max(len(first), len(second))):
        for number, curve in ((0, first), (1, second)):
            if step < len(curve):
                point = CurvePoint(number=number, step=2 * (step + 1), values=curve[step])
                found += [(one.number, one.kind, one.step) for one in both(point)]
    assert [(kind, step) for number, kind, step in found if number == 0] == expected
    assert len({(number, kind) for number, kind, _ in found}) == len(found)


def test_before_there_are_enough_points_nothing_is_said():
    high = {"loss/perceptual": 0.9}
    assert advice_on(*[high] * (RECENT - 1)) == []


def test_as_many_points_are_averaged_as_a_tenth_of_a_training_has():
    assert RECENT == 50 // 10


def test_of_a_loss_of_the_users_the_guide_says_nothing():
    own = TrainingPrepared(facts={"loss": "mine:Loss 0123"})
    assert advice_on(*always({"loss/perceptual": 0.9, "share/perceptual": 0.9}), before=own) == []

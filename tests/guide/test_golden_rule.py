import pytest

from tuner.guide.golden_rule import broken_rule, ratio_of
from tuner.results import Trial, TrialResult

BEST = {"ab_weight": 4.0}


def result(ratio, weights=BEST, rival=""):
    trial = Trial(weights=weights, seed=1, steps=10, role="candidate", rival=rival)
    measures = {} if ratio is None else {"ab_to_perceptual": ratio}
    return TrialResult(trial=trial, status="complete", score=1.0, measures=measures)


def test_weights_that_leave_the_rule_are_told_by_how_much():
    assert broken_rule([result(0.9), result(1.1)], BEST) == (
        "Outside the golden rule: with these weights the weighted AB loss is 1 times the "
        "perceptual one (the guide: 2 to 4 times)."
    )
    assert "is 13 times" in broken_rule([result(13.4)], BEST)


@pytest.mark.parametrize("ratio", [2.0, 3.1, 4.0, None])
def test_the_rule_is_kept_or_not_known(ratio):
    assert broken_rule([result(ratio)], BEST) == ""


def test_other_weights_and_rivals_do_not_count():
    others = [result(0.1, {"ab_weight": 1.0}), result(0.1, rival="rlw")]
    assert broken_rule(others, BEST) == ""
    assert broken_rule([*others, result(3.0)], BEST) == ""


def test_the_ratio_of_a_training_needs_both_losses():
    assert ratio_of({"share/ab_chrominance": 0.6, "share/perceptual": 0.2}) == pytest.approx(3.0)
    assert ratio_of({"share/ab_chrominance": 0.6}) is None
    assert ratio_of({"share/ab_chrominance": 0.6, "share/perceptual": 0.0}) is None

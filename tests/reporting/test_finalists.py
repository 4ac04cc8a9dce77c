from tuner.reporting.finalists import describe_finalists
from tuner.results import Finalist


def finalist(ab, score, *, chosen=False):
    return Finalist(weights={"l_weight": 1.0, "ab_weight": ab}, score=score, chosen=chosen)


def test_the_long_run_is_told_by_what_differs():
    told = describe_finalists(
        [finalist(7.0, 0.84), finalist(4.0, 0.812, chosen=True), finalist(2.5, None)]
    )
    assert told == (
        "Long run of 3 candidates, on seeds of their own: ab_weight=4.0 goes into the claim "
        "(scores 0.812; ab_weight=7.0 scores 0.840 and ab_weight=2.5 failed on a seed)."
    )


def test_without_a_choice_nothing_is_told():
    assert describe_finalists([]) == ""

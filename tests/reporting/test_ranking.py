import pytest

from tuner.reporting.ranking import find_ranking
from tuner.results import Evaluation, Trial, TrialResult

ORDER = (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)


def result(score, *early, steps=80, rival="", number=0):
    trial = Trial(
        weights={"a": 1.0}, seed=1, steps=steps, role="candidate", number=number, rival=rival
    )
    steps_seen = (steps // 8, steps // 4, steps // 2)
    seen = [
        Evaluation(step=step, score=one, ab_slope=1.0)
        for step, one in zip(steps_seen, early, strict=False)
    ]
    return TrialResult(trial=trial, status="complete", score=score, evaluations=tuple(seen))


def study(half=ORDER, count=10):
    noise = (5, 0, 3, 9, 1, 7, 2, 8, 4, 6)
    return [
        result(float(ORDER[n]), float(noise[n]), float(ORDER[n]), float(half[n]))
        for n in range(count)
    ]


def test_a_study_says_how_the_ranking_on_the_way_agrees_with_its_end():
    swapped = (3, 1, 4, 0, 5, 9, 2, 6, 7, 8)
    ranking = find_ranking(study(swapped))
    assert not ranking.contradicts
    assert ranking.sentence == (
        "Ranking on the way against the end, over 10 trials (Spearman, 95 % interval): "
        "0.22 (-0.48 to 0.75) at 1/8, 1.00 (1.00 to 1.00) at 1/4, 0.99 (0.93 to 1.00) at 1/2 of "
        "the steps."
    )


def test_it_warns_where_half_of_the_steps_say_nothing_certain():
    ranking = find_ranking(study((5, 0, 3, 9, 1, 7, 2, 8, 4, 6)))
    assert ranking.contradicts
    assert ranking.sentence.endswith(
        "of the steps. Short trainings do not speak for long ones here: half of the steps say "
        "nothing certain about all, so train longer, or confirm with more steps (confirm: {steps})."
    )


def test_few_trials_and_trials_without_scores_on_the_way_say_nothing():
    assert find_ranking([]) is None
    assert find_ranking(study(count=7)) is None
    assert find_ranking([result(float(number)) for number in range(20)]) is None


def test_rivals_longer_trainings_and_pruned_trials_do_not_count():
    others = [
        result(1.0, 1.0, 1.0, 9.0, rival="rlw"),
        result(1.0, 1.0, 1.0, 9.0, steps=160),
        result(1.0, 1.0, 1.0, 9.0).model_copy(update={"score": None, "status": "pruned"}),
    ]
    assert find_ranking([*others, *study()]) == find_ranking(study())


@pytest.mark.parametrize("half", [[1.0] * 10])
def test_equal_scores_have_no_ranking(half):
    assert find_ranking(study(half)) is None

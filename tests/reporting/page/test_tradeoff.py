import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_study import BEST, START, ended, finished, opened, trial

from tuner.reporting.page.tradeoff import pareto_front, tradeoffs

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)))


def beats(one, other):
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def test_a_front_runs_from_the_best_in_one_number_to_the_best_in_the_other():
    seen = [(3, 1), (1, 3), (2, 2), (3, 3), (2, 2), (1, 4)]
    assert pareto_front(seen) == ((1, 3), (2, 2), (3, 1))
    assert pareto_front([]) == ()


@given(PAIRS)
def test_on_the_front_is_exactly_what_nothing_beats(pairs):
    unbeaten = {one for one in pairs if not any(beats(other, one) for other in pairs)}
    assert set(pareto_front(pairs)) == unbeaten


def measured(asked, lpips, gap, status="complete"):
    event = ended(asked, 1.0, status)
    measures = {"lpips": lpips, "colorfulness_gap": gap, "colorfulness": 20.0}
    return event.model_copy(
        update={"result": event.result.model_copy(update={"measures": measures})}
    )


def test_trainings_are_told_apart_by_what_became_of_their_weights(history_of):
    other = {**START, "ab_weight": 3.0}
    seen = tradeoffs(
        history_of(
            [
                opened(),
                measured(trial(0), 0.2, 0.6),
                measured(trial(1, other, "candidate", stage=2, varied="ab_weight"), 0.3, 0.5),
                measured(trial(2, BEST, seed=1), 0.1, 0.2),
                measured(trial(3, other, seed=1), 0.1, 0.1, "rejected"),
                finished(),
            ]
        )
    )
    assert [one.kind for one in seen] == ["start", "other", "best", "rejected"]
    assert (seen[1].name, seen[1].lpips, seen[1].gap) == ("01 ab_weight=3.0", 0.3, 0.5)
    assert seen[1].colorfulness == pytest.approx(20.0)


def test_without_photos_there_is_no_tradeoff(history):
    assert tradeoffs(history) == ()

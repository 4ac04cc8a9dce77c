from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.preference.questions import Question, questions_of


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 5))
def test_every_pair_is_shown_once_on_each_side_or_as_often_as_sixty_allow(photos, seeds, order):
    asked = questions_of(photos, range(seeds), "uid", order)
    assert len(asked) == min(60, 2 * photos * seeds)
    assert len(set(asked)) == len(asked)
    for start in range(0, min(len(asked), photos * seeds) - photos + 1, photos):
        assert {one.photo for one in asked[start : start + photos]} == set(range(photos))


def test_an_order_is_repeated_by_its_seed_and_differs_from_study_to_study():
    first = questions_of(6, (101, 102), "uid", 0)
    assert questions_of(6, (102, 101), "uid", 0) == first
    assert questions_of(6, (101, 102), "uid", 1) != first
    assert questions_of(6, (101, 102), "another", 0) != first


def test_sides_are_mixed():
    asked = questions_of(8, range(8), "uid", 0)
    assert 15 <= Counter(one.best_is_left for one in asked)[True] <= 45


@pytest.mark.parametrize(
    ("answer", "best_is_left", "choice"),
    [
        ("left", True, "best"),
        ("left", False, "start"),
        ("right", True, "start"),
        ("right", False, "best"),
        ("same", True, "same"),
    ],
)
def test_a_side_stands_for_its_weights(answer, best_is_left, choice):
    assert Question(0, 1, best_is_left).choice(answer) == choice

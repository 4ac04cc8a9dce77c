import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tuner.preference.proportion import proportion_of


def test_photos_that_are_all_alike_have_the_exact_interval_but_for_their_number():
    answers = [1.0, 1.0, 1.0, 0.0] * 100
    found = proportion_of(answers, list(range(400)), 0.95)
    exact = binomtest(300, 400).proportion_ci(0.95, "exact")
    assert found.value == 0.75
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.002)


def test_answers_that_only_repeat_their_photo_tell_no_more_than_the_photos():
    photos = list(range(12))
    once = [float(photo % 3 > 0) for photo in photos]
    one = proportion_of(once, photos, 0.95)
    ten = proportion_of(once * 10, photos * 10, 0.95)
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high), abs=0.02)


def test_one_value_for_all_is_exact_for_the_answers_that_are_left():
    found = proportion_of([1.0] * 20, [number % 6 for number in range(20)], 0.95)
    # 20 (1.960 / 2.571)^2 = 11.6 answers; 0.025^(1 / 11.6) = 0.728
    assert (found.low, found.high) == (pytest.approx(0.728, abs=0.002), 1.0)


@pytest.mark.parametrize("photos", [1, 2, 5])
def test_with_few_photos_even_the_clearest_answers_decide_nothing(photos):
    found = proportion_of([1.0] * 60, [number % photos for number in range(60)], 0.95)
    assert found.low < 0.5


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 7)), min_size=1, max_size=60
    )
)
def test_the_interval_holds_the_share_and_mirrors(told):
    values, photos = zip(*told, strict=True)
    found = proportion_of(values, photos, 0.95)
    turned = proportion_of([1 - value for value in values], photos, 0.95)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((found.low, found.high), abs=1e-6)
    assert found.value == pytest.approx(np.mean(values))

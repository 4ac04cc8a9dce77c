"""How a score is read: by the name, sign and digits of the number that it stands for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.results.score_unit import SCORE, ScoreUnit

PSNR = ScoreUnit("psnr", maximize=True)
RESIDUAL = ScoreUnit("residual")


def test_a_maximized_number_is_read_in_its_own_sign():
    assert PSNR.told(-13.6) == "psnr 13.600"
    assert PSNR.change(-13.6, -14.2, 0.6) == "psnr 13.60 -> 14.20"
    assert PSNR.ascending(-14.2, -13.6) == (13.6, 14.2)
    assert PSNR.number(0.0) == "0.000"


def test_the_score_of_photos_has_its_name_and_its_digits():
    assert SCORE.told(0.6124) == "score 0.612"
    assert SCORE.change(1.41, 1.22, 0.19) == "score 1.41 -> 1.22"
    assert SCORE.change(1.41, 1.4, 0.01) == "score 1.410 -> 1.400"
    assert SCORE.amount(0.0041) == "0.004"


@pytest.mark.parametrize(
    ("gain", "shown"),
    [(3e-6, "residual 0.0000123 -> 0.0000093"), (6e-6, "residual 0.0000123 -> 0.0000063")],
)
def test_a_small_number_of_a_script_has_the_digits_that_show_its_gain(gain, shown):
    assert RESIDUAL.change(1.23e-5, 1.23e-5 - gain, gain) == shown
    assert RESIDUAL.amount(3e-6) == "0.0000030 residual"


def test_a_large_number_has_no_decimals():
    assert RESIDUAL.change(1300.0, 1000.0, 300.0) == "residual 1300 -> 1000"


def test_a_huge_number_has_an_exponent():
    assert SCORE.told(33822592104759.176) == "score 3.3823e+13"
    assert SCORE.change(3.38e13, 3.1e13, 2.8e12) == "score 3.380e+13 -> 3.100e+13"
    assert RESIDUAL.change(3.4e13, 1.2, 3.4e13) == "residual 3.40e+13 -> 1"
    assert (RESIDUAL.signed(-2.5e13), SCORE.amount(5e12)) == ("-2.50e+13", "5.0000e+12")
    assert SCORE.number(float("inf")) == "inf"


def test_a_gain_is_never_hidden_by_rounding():
    assert SCORE.change(1.6731, 1.6729, 0.0002) == "score 1.6731 -> 1.6729"
    assert SCORE.change(1.673, 1.673, 0.0) == "score 1.673 -> 1.673"
    assert SCORE.change(1.2e-5, 0.9e-5, 3e-6) == "score 0.000012 -> 0.000009"
    assert (SCORE.signed(0.0002), SCORE.signed(0.0)) == ("+0.0002", "+0.000")
    assert (SCORE.amount(0.0002), SCORE.number(0.0002)) == ("0.0002", "0.0002")


def test_the_direction_of_a_study_without_a_number_of_its_own_does_not_count():
    assert ScoreUnit.of({"objective": {"metric": None, "direction": "maximize"}}) == SCORE
    assert ScoreUnit.of({}) == SCORE
    assert ScoreUnit.of({"objective": {"metric": "psnr", "direction": "maximize"}}) == PSNR


@given(st.floats(1e-9, 1e300) | st.floats(-1e300, -1e-9))
@settings(deadline=None)
def test_what_is_shown_is_the_number_to_five_digits(score):
    assert float(PSNR.number(score)) == pytest.approx(-score, rel=5e-5, abs=1e-12)

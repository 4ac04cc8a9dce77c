from math import e, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.search.scale import Scale

STAGES = ({"vary": "ab", "values": [2, 4]}, {"vary": "sat", "values": [0, 0.5]})


@pytest.fixture
def scale(plan_of):
    return Scale.of_plan(plan_of(*STAGES, weights={"ab": 2.0, "sat": 1.0, "l": 7.0}))


def test_the_start_is_the_origin(scale):
    assert scale.names == ("ab", "sat")
    assert np.array_equal(scale.point({"ab": 2.0, "sat": 1.0, "l": 7.0}), [0, 0])


def test_e_times_as_much_is_one_away(scale):
    assert scale.coordinate("ab", 2 * e) == pytest.approx(1)


def test_a_weight_that_may_be_0_has_a_place_for_it(scale):
    half = 0.5 / 2
    assert scale.coordinate("sat", 0.0) == pytest.approx(log(half / (1 + half)))
    assert scale.value("sat", scale.coordinate("sat", 0.0)) == 0


def test_what_is_proposed_has_two_digits_and_every_weight(scale):
    assert scale.weights(np.array([0.5, -0.5])) == {"ab": 3.3, "sat": 0.51, "l": 7.0}


@given(value=st.floats(1e-3, 1e3))
def test_a_coordinate_leads_back_to_its_value(plan_of, value):
    scale = Scale.of_plan(plan_of(*STAGES))
    for name in ("ab", "sat"):
        assert scale.value(name, scale.coordinate(name, value)) == pytest.approx(value, rel=1e-5)

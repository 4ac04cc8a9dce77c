import pytest

from tuner.checking.cost import _hours, _span, describe_cost
from tuner.training.pace import Pace

PACE = Pace(step_seconds=0.5, evaluation_seconds=2.0, threads=2, device="cpu")


@pytest.mark.parametrize(
    ("hours", "told"), [(0.001, "1 minute"), (0.5, "30 minutes"), (1.26, "1.3 hours")]
)
def test_hours_are_told_as_people_do(hours, told):
    assert _hours(hours) == told


def test_two_ends_that_read_alike_are_told_once():
    assert _span(0.001, 0.002) == "1 minute"
    assert _span(0.5, 1.26) == "30 minutes to 1.3 hours"


def test_a_price_is_told_where_one_is_asked_for(plan_of):
    [speed] = describe_cost(PACE, plan_of(), 0, 0.0)
    assert speed.startswith("Measured on cpu: 500 ms a step, 2 trials at a time; the study takes ")
    shortest, longest = PACE.study_hours(plan_of(), 0)
    _, price = describe_cost(PACE, plan_of(), 0, 3.0)
    assert price == f"At 3 an hour: {3 * shortest:.2f} to {3 * longest:.2f}."

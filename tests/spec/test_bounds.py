import pytest


def test_without_bounds_a_weight_may_go_tenfold_beyond_what_is_named(plan_of):
    plan = plan_of({"vary": "ab", "values": [2, 4]}, {"vary": "sat", "times": [0.5]})
    assert plan.bounds == {"ab": (0.1, 40.0), "sat": (0.05, 10.0)}


def test_a_weight_that_is_named_zero_may_be_zero(plan_of):
    assert plan_of({"vary": "ab", "min": 0, "max": 2, "step": 1}).bounds["ab"] == (0.0, 20.0)


def test_a_weight_that_is_off_throughout_may_go_up_to_one(plan_of):
    plan = plan_of(weights={"ab": 0.0, "sat": 1.0})
    assert plan.bounds["ab"] == (0.0, 1.0)


@pytest.mark.parametrize("bounds", [(1 / 3, 5), (0.1, 2 / 3)])
def test_bounds_hold_a_start_that_lies_on_them(plan_of, bounds):
    start = next(bound for bound in bounds if bound in {1 / 3, 2 / 3})
    plan = plan_of({"vary": "ab", "values": [0.5]}, weights={"ab": start}, bounds={"ab": bounds})
    low, high = plan.bounds["ab"]
    assert low <= plan.weights["ab"] <= high

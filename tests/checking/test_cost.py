from tuner.checking.cost import describe_cost, is_long
from tuner.training.pace import Pace

PACE = Pace(step_seconds=0.5, evaluation_seconds=2.0, threads=2, device="cpu")


def test_a_study_of_weeks_on_a_processor_is_long_and_one_on_a_gpu_is_not(plan_of):
    slow = Pace(step_seconds=53.277, evaluation_seconds=30.0, threads=2, device="cpu")
    [told] = describe_cost(slow, plan_of(), 0, 0.0)
    assert told.endswith("days on this CPU (measured: 53 s a step, 2 trials at a time).")
    assert is_long(slow, plan_of(), 0)
    assert not is_long(Pace(53.277, 30.0, 1, "cuda"), plan_of(), 0)
    assert not is_long(Pace(0.01, 1.0, 2, "cpu"), plan_of(), 0)


def test_a_price_is_told_where_one_is_asked_for(plan_of):
    [speed] = describe_cost(PACE, plan_of(), 0, 0.0)
    assert speed.endswith(" h on this CPU (measured: 0.5 s a step, 2 trials at a time).")
    shortest, longest = PACE.study_hours(plan_of(), 0)
    _, price = describe_cost(PACE, plan_of(), 0, 3.0)
    assert price == f"At 3 an hour: {3 * shortest:.2f} to {3 * longest:.2f}."

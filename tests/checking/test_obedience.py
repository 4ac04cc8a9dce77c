import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.checking.obedience import judge, obeys
from tuner.checking.result import worst

NAMES = ("l1", "gan", "tv", "style")


def trainer(*obeyed, noise=0.0):
    """A trainer that looks at some weights only, and repeats itself up to some noise."""
    random = np.random.default_rng(0)

    def probe(weights):
        result = np.array([np.log1p(weights[name]) for name in obeyed])
        return result + noise * random.standard_normal(result.shape)

    return probe


def verdicts(weights, probe):
    return {one.weight: one.verdict for one in obeys(weights, probe)}


@given(
    weights=st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(0, 100))),
    obeyed=st.sets(st.sampled_from(NAMES), min_size=1),
)
def test_exactly_the_weights_that_are_not_read_are_dead(weights, obeyed):
    # Below a denormal share of the result not even a real trainer can be seen to obey.
    weights = {name: value if value > 1e-6 else 0.0 for name, value in weights.items()}
    found = verdicts(weights, trainer(*sorted(obeyed)))
    assert {name for name, verdict in found.items() if verdict == "dead"} == {*NAMES} - obeyed
    assert "unclear" not in found.values()


def test_a_weight_is_tried_at_ten_times_its_value_and_zero_at_one():
    tried = {
        one.weight: (one.before, one.after)
        for one in obeys({"l1": 2.0, "gan": 0.0}, trainer("l1", "gan"))
    }
    assert tried == {"l1": (2.0, 20.0), "gan": (0.0, 1.0)}


def test_a_trainer_that_does_not_repeat_itself_has_to_move_more_than_by_chance():
    found = verdicts({"l1": 1.0, "gan": 1.0}, trainer("l1", noise=0.01))
    assert found == {"l1": "obeys", "gan": "unclear"}


def test_a_training_that_explodes_obeys_too():
    def probe(weights):
        return np.array([np.nan if weights["l1"] > 5 else 1.0])

    [one] = obeys({"l1": 1.0}, probe)
    assert (one.moved, one.verdict) == (np.inf, "obeys")


def test_a_dead_knob_is_named_and_red():
    tried = [*obeys({"l1": 0.3, "gan": 1.0}, trainer("l1"))]
    dead, obeyed = judge(tried, "after 3 steps")
    assert (dead.color, obeyed.color) == ("red", "green")
    assert dead.sentence == (
        "'gan' changes nothing: after 3 steps the results are the same at 1 and at 10"
    )
    assert obeyed.sentence.startswith("obeys 'l1': ")
    assert worst([dead, obeyed]) == "red"


def test_what_cannot_be_told_is_amber_with_both_numbers():
    tried = [*obeys({"gan": 1.0}, _noisy())]
    [unclear] = judge(tried, "after 3 steps")
    assert unclear.color == "amber"
    assert "differ by 0.1, equal trainings by 0.1" in unclear.sentence


def _noisy():
    results = iter([0.0, 0.1, 0.1])
    return lambda _weights: np.array([next(results)])


def test_results_of_two_kinds_are_our_mistake():
    lengths = iter([1, 2])
    with pytest.raises(AssertionError, match="same kind of result"):
        [*obeys({"l1": 1.0}, lambda _weights: np.zeros(next(lengths)))]

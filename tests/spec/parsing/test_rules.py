import pytest

from tuner.spec.parsing.rules import broken_rules

GOOD = {
    "weights": {"ab_weight": 2.0, "l_weight": 1.0},
    "stages": [{"vary": "ab_weight", "values": [3.0, 4.0]}],
}


def broken(**values):
    return {mistake.keys: mistake.text for mistake in broken_rules(GOOD | values)}


def test_a_study_that_keeps_all_rules_has_no_mistakes():
    assert broken(bounds={"ab_weight": [1, 5]}) == {}


def test_a_stage_varies_one_of_the_weights():
    stages = [*GOOD["stages"], {"vary": "abb"}]
    text = "unknown weight 'abb' (did you mean 'ab_weight'?)"
    assert broken(stages=stages) == {("stages", 1, "vary"): text}


def test_bounds_belong_to_weights():
    text = "unknown weight 'chroma' (allowed: 'ab_weight' and 'l_weight')"
    assert broken(bounds={"chroma": [0, 1]}) == {("bounds", "chroma"): text}


@pytest.mark.parametrize("pair", [[5, 1], [1, 1]])
def test_the_lower_bound_comes_first(pair):
    (text,) = broken(bounds={"ab_weight": pair}).values()
    assert text.endswith("expected the lowest value first, then a higher one")


def test_a_study_starts_inside_its_bounds():
    text = "got 1, expected a value from 2 to 5 (bounds.l_weight)"
    assert broken(bounds={"l_weight": [2, 5]}) == {("weights", "l_weight"): text}


@pytest.mark.parametrize(
    ("stage", "place"),
    [
        ({"values": [3, 9]}, ("values", 1)),
        ({"min": 1.5, "max": 9, "step": 1}, ("max",)),
        ({"min": 0.5, "max": 3, "step": 1}, ("min",)),
        ({"times": [2, 4]}, ("times", 1)),
    ],
)
def test_a_stage_stays_inside_the_bounds(stage, place):
    found = broken(stages=[{"vary": "ab_weight", **stage}], bounds={"ab_weight": [1, 5]})
    assert list(found) == [("stages", 0, *place)]


def test_a_factor_that_meets_the_bound_is_inside():
    stage = {"vary": "ab_weight", "times": [3]}
    assert broken(weights={"ab_weight": 0.1}, stages=[stage], bounds={"ab_weight": [0, 0.3]}) == {}


def test_factors_on_a_weight_that_was_already_moved_are_not_judged():
    stages = [*GOOD["stages"], {"vary": "ab_weight", "times": [4]}]
    assert broken(stages=stages, bounds={"ab_weight": [1, 5]}) == {}


def test_factors_on_nothing_are_nothing():
    found = broken(
        weights={"ab_weight": 0, "l_weight": 1}, stages=[{"vary": "ab_weight", "times": [2]}]
    )
    assert found == {
        ("stages", 0, "times"): "ab_weight starts at 0, and so stays; give 'values' instead"
    }


def test_some_weight_is_above_zero():
    assert broken(weights={"ab_weight": 0.0}) == {
        ("weights",): "all are 0, expected at least one above 0"
    }


def test_an_unknown_preset_is_named_with_the_nearest():
    text = "unknown preset 'balancd' (did you mean 'balanced'?)"
    assert broken(weights="balancd") == {("weights",): text}


def test_holdout_and_vault_leave_something_to_train_on():
    text = "got 0.8 beside a holdout of 0.2, expected less than 1 in all"
    assert broken(data={"vault": 0.8}) == {("data", "vault"): text}
    assert broken(data={"vault": 0.8, "holdout": 0.1}) == {}
    assert broken(data={"vault": 0.8, "holdout": "a folder"}) == {}


def test_a_budget_leaves_something_to_try():
    text = "got 3, expected more than the 3 trainings of repeats.baseline"
    assert broken(budget={"max_trials": 3}) == {("budget", "max_trials"): text}
    assert broken(budget={"max_trials": 3}, repeats={"baseline": 2}) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": 3, "bounds": {"x": [1, 2]}},
        {"weights": {"ab_weight": "many"}},
        {
            "stages": [
                7,
                {"vary": 3},
                {"vary": "ab_weight", "values": "x", "times": ["x"], "min": "y"},
            ]
        },
        {"stages": "none"},
        {"bounds": {"ab_weight": [1]}},
        {"bounds": {"ab_weight": ["low", "high"]}},
        {"bounds": 3, "budget": 3, "repeats": {"baseline": "x"}},
    ],
)
def test_wrong_types_are_left_to_the_grammar(wrong):
    assert broken(**wrong) == {}


@pytest.mark.parametrize("name", ["a\nb", "a\u202eb", "\x07", "", "w" * 101])
def test_a_name_that_cannot_be_shown_is_refused(name):
    values = {"weights": {name: 1.0}, "stages": []}
    assert [one.keys for one in broken_rules(values)] == [("weights",)]
    assert all(one.text.isprintable() for one in broken_rules(values))

import json

import pytest

from tuner.spec.parsing.validation_messages import PATTERNS, allowed_at, check, keys_at
from tuner.spec.study import StudySpec

GOOD = {
    "study": "x",
    "weights": {"ab_weight": 2.0},
    "stages": [{"vary": "ab_weight", "values": [3]}],
}


def mistakes(**values):
    found = check(GOOD | values)
    assert not isinstance(found, StudySpec)
    return {mistake.keys: mistake.text for mistake in found}


def mistake(**values):
    (text,) = mistakes(**values).values()
    return text


def test_what_is_right_becomes_a_study():
    spec = check(GOOD)
    assert isinstance(spec, StudySpec)
    assert spec.stages[0].values == (3.0,)


def test_a_whole_number_may_be_written_with_an_exponent():
    spec = check(GOOD | {"trainer": {"steps": 5e3}})
    assert spec.trainer.steps == 5000


@pytest.mark.parametrize(
    ("section", "key", "value", "text"),
    [
        ("trainer", "steps", "many", "got 'many', expected a whole number of at least 1"),
        ("trainer", "steps", 0, "got 0, expected a whole number of at least 1"),
        ("trainer", "steps", 1.5, "got 1.5, expected a whole number of at least 1"),
        ("trainer", "steps", True, "got true, expected a whole number of at least 1"),
        ("trainer", "steps", None, "got nothing, expected a whole number of at least 1"),
        (
            "trainer",
            "steps",
            "12_000",
            "got '12_000', expected a whole number of at least 1 (did you mean 12000?)",
        ),
        (
            "trainer",
            "start_from",
            "basline",
            (
                "got 'basline', expected 'scratch', 'baseline', 'sample' or a file of weights "
                "(.safetensors, .pth, .pt) (did you mean 'baseline'?)"
            ),
        ),
        (
            "data",
            "image_size",
            16,
            "got 16, expected a whole number of at least 32 and at most 1024",
        ),
        (
            "data",
            "holdout",
            1.5,
            "got 1.5, expected a number above 0 and below 1, or text",
        ),
        ("data", "photos", 2024, "got 2024, expected text"),
        (
            "trainer",
            "learning_rate",
            float("inf"),
            "got infinity, expected a finite number above 0",
        ),
        (
            "trainer",
            "perceptual_net",
            "alxe",
            "got 'alxe', expected 'alex', 'vgg' or 'squeeze' (did you mean 'alex'?)",
        ),
        ("trainer", "kind", "ssh", "got 'ssh', expected 'builtin', 'command' or 'function'"),
        ("trainer", "time_limit", 90, "got 90, expected a time such as '90s', '15m' or '2h'"),
        ("trainer", "time_limit", "2 h", "got '2 h', expected a time such as '90s', '15m' or '2h'"),
        (
            "trainer",
            "entry",
            "train.py",
            "got 'train.py', expected a function such as 'package.module:train'",
        ),
        (
            "trainer",
            "model_args",
            3,
            "got 3, expected names, each with a number, or true or false, or text",
        ),
        ("guardrails", "golden_rule", False, "got false, expected 'warn' or 'off'"),
        ("trainer", "stpes", 300, "unknown key (did you mean 'steps'?)"),
        (
            "budget",
            "minutes",
            8,
            "unknown key (allowed: 'max_trials', 'hours' and 'fitted')",
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_came_and_what_is_allowed(section, key, value, text):
    assert mistakes(**{section: {key: value}}) == {(section, key): text}


def test_a_name_is_explained_in_words():
    expected = "expected a name of at most 64 letters, digits, '.', '_' and '-'"
    assert expected in mistake(study="a b")


def test_a_section_has_to_have_keys():
    expected = "expected keys out of 'baseline', 'decide' and 'confirm'"
    assert mistake(repeats=3) == f"got 3, {expected}"
    assert mistake(repeats=None) == f"got nothing, {expected}"


def test_a_flag_is_true_or_false():
    stage = {"vary": "ab_weight", "values": [3], "extend": "yes"}
    assert mistake(stages=[stage]) == "got 'yes', expected true or false"


def test_an_empty_list_is_told_from_a_list_of_wrong_entries():
    least = "expected a list with at least one entry, each a number of at least 0"
    empty, wrong = ({"vary": "ab_weight", "values": values} for values in ([], [-1]))
    assert mistakes(stages=[empty]) == {("stages", 0, "values"): f"got an empty list, {least}"}
    assert list(mistakes(stages=[wrong])) == [("stages", 0, "values", 0)]


@pytest.mark.parametrize("pair", [[1], [1, 2, 3]])
def test_bounds_are_pairs(pair):
    expected = "expected a list of 2: a number of at least 0 and a number above 0"
    found = mistakes(bounds={"ab_weight": pair})
    assert found == {("bounds", "ab_weight"): f"got a list of {len(pair)}, {expected}"}


def test_what_is_missing_is_marked_as_such():
    found = {each.keys: each for each in check({"study": "x", "stages": [{}]})}
    assert found["weights",].about == found["stages", 0, "vary"].about == "missing"
    assert found["stages", 0, "vary"].text == "missing, expected text"


def test_keys_that_contradict_each_other_are_told_at_their_section():
    stage = {"vary": "ab_weight", "values": [3], "times": [2]}
    (found,) = check(GOOD | {"stages": [stage]})
    assert (found.keys, found.about) == (("stages", 0), "section")
    assert found.text == "give exactly one of 'values', 'min/max/step' and 'times'"


def test_broken_characters_are_refused_wherever_they_are():
    assert mistakes(symptom="\ud800") == {
        ("symptom",): "got '\\ud800', which has characters that are not Unicode"
    }


def test_all_mistakes_come_at_once():
    assert len(mistakes(seed=-1, symptom=3, budget={"max_trials": "x"}, extra=1)) == 4


def test_every_pattern_of_the_schema_has_words():
    text = json.dumps(StudySpec.model_json_schema())
    assert text.count('"pattern"') == len(PATTERNS) == 5
    assert "name of at most" in allowed_at(("study",))


@pytest.mark.parametrize(
    "error", [{"study": 1.0}, {"weights": []}, {"stages": {"a": 1}}, {"data": {"holdout": []}}]
)
def test_no_word_of_the_validator_reaches_the_user(error):
    for text in mistakes(**error).values():
        assert not any(
            word in text.lower() for word in ("input", "valid", "pydantic", "dict", "tuple")
        )


def test_keys_are_known_where_a_section_has_fixed_ones():
    assert keys_at(("budget",)) == ("max_trials", "hours", "fitted")
    assert keys_at(("stages", 0))[0] == "vary"
    assert keys_at(("weights",)) == keys_at(("study", "x")) == ()
    assert keys_at(("bounds", "ab_weight", 7)) == ()

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.wording import (
    did_you_mean,
    dotted,
    duration,
    joined,
    listed,
    literal,
    nearest,
    shown,
    some,
)

WEIGHTS = ("perceptual_weight", "l_weight", "ab_weight", "saturation_weight")


def test_the_way_to_a_value_is_written_as_in_set():
    assert dotted(("stages", 1, "vary")) == "stages[1].vary"
    assert dotted(()) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("abb", "ab_weight"),
        ("ab", "ab_weight"),
        ("AB_Weight", "ab_weight"),
        ("ab_wieght", "ab_weight"),
        ("sat_weight", "saturation_weight"),
        ("stauration_weight", "saturation_weight"),
        ("perc", "perceptual_weight"),
    ],
)
def test_the_nearest_weight_is_the_one_that_was_meant(typed, meant):
    assert nearest(typed, WEIGHTS) == meant


@pytest.mark.parametrize("typed", ["chroma", "gan_weight", "", "x"])
def test_a_name_like_no_other_has_no_nearest(typed):
    assert nearest(typed, WEIGHTS) is None


def test_a_shared_last_word_makes_no_weights_alike():
    assert nearest("saturation_weight", ["ab_weight", "l_weight"]) is None


def test_without_a_near_name_all_are_offered():
    assert did_you_mean("stpes", ["kind", "steps"]) == " (did you mean 'steps'?)"
    assert did_you_mean("photos", ["kind", "steps"]) == " (allowed: 'kind' and 'steps')"
    assert did_you_mean("photos", []) == ""


def test_names_are_listed_as_one_reads_them_aloud():
    assert listed(["a"]) == "'a'"
    assert listed(["a", "b", "c"]) == "'a', 'b' and 'c'"
    assert joined(["a", "b"], "or") == "a or b"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "true"),
        (300, "300"),
        (0.5, "0.5"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
        (math.nan, "not-a-number"),
        ("many", "'many'"),
        ("x" * 100, f"'{'x' * 60}...'"),
        ([], "an empty list"),
        ([1, 2], "a list of 2"),
        ({}, "no keys"),
        ({"a": 1, "b": 2}, "the keys 'a' and 'b'"),
    ],
)
def test_what_came_is_said_in_plain_words(value, words):
    assert shown(value) == words


def test_some_phrases_say_how_many_more_there_are():
    assert some(["a", "b", "c"], 3) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"], 3) == "a, b, c and 2 more"
    assert some([]) == ""


@pytest.mark.parametrize(
    ("seconds", "most", "told"),
    [
        (0.25, None, "0.25 s"),
        (53.277, None, "53 s"),
        (1260, None, "21 min"),
        (1800, 4536, "30 to 76 min"),
        (1800, 9000, "30 min to 2.5 h"),
        (592.1 * 3600, 2183.5 * 3600, "25 to 91 days"),
        (10.1, 10.2, "10 s"),
    ],
)
def test_durations_are_told_in_units_that_people_use(seconds, most, told):
    assert duration(seconds, most) == told


@given(st.text())
def test_a_literal_text_is_no_markdown(text):
    told = literal(text)
    assert "<" not in told
    assert not re.search(r"(?<!\\)(?:\\\\)*[`\[\]|]", told)
    assert re.sub(r"\\([\\`\[\]|])", r"\1", told) == text.replace("<", "&lt;")

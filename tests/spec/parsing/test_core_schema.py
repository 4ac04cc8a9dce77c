import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tuner.spec.parsing.core_schema import scalar, write
from tuner.spec.parsing.yaml12 import read

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    LEAVES, lambda each: st.lists(each, max_size=4) | st.dictionaries(TEXTS, each, max_size=4)
)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100_000.0),
        (".5", 0.5),
        ("-2.", -2.0),
        ("010", 10),
        ("0o17", 15),
        ("0xfF", 255),
        ("+7", 7),
        ("-.inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
    ],
)
def test_numbers_and_truth_follow_the_core_schema(word, value):
    assert scalar(word) == value
    assert type(scalar(word)) is type(value)


@pytest.mark.parametrize(
    "word",
    ["off", "yes", "on", "no", "y", "tRue", "12_000", "1:20", "2026-01-01", "0b1", "1e", "<<"],
)
def test_what_only_yaml_1_1_knows_is_text(word):
    assert scalar(word) == word


def test_a_number_of_thousands_of_digits_is_infinite():
    assert scalar("9" * 5000) == math.inf


@pytest.mark.parametrize("text", ["1e-3", "1E5", "0o17", "off", "1:20", "", "~", " a", "a: b", "#"])
def test_a_text_that_looks_like_something_else_is_quoted_for_both_versions(text):
    written = write({"key": text})
    assert read(written).values == {"key": text}
    assert yaml.safe_load(written) == {"key": text}


@given(VALUES)
def test_what_is_written_reads_back(values):
    assert read(write({"values": values})).values == {"values": values}


def test_flow_is_one_line_without_an_end_mark():
    assert write(300, flow=True) == "300"
    assert (
        write({"vary": "l_weight", "values": [0.2]}, flow=True) == "{vary: l_weight, values: [0.2]}"
    )


def test_equal_parts_are_written_out_twice():
    shared = [1, 2]
    assert "&" not in write({"a": shared, "b": shared})

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.external.constants import replace

SOURCE = '''\
"""Zürich, äöü."""
import os  # AB_WEIGHT = 1

AB_WEIGHT = 2.0  # the ä weight
Ü = "é"; L_WEIGHT: float = (
    0.1
    + 0.2
)
NAME, OTHER = "a", 2
if os.name:
    INNER = 3
class Model:
    AB_WEIGHT = 9.0
def train(AB_WEIGHT=2.0):
    return "AB_WEIGHT = 2.0"
'''


def test_only_the_values_are_another():
    assert replace(SOURCE, {"AB_WEIGHT": 4.5}) == SOURCE.replace(
        "AB_WEIGHT = 2.0  #", "AB_WEIGHT = 4.5  #"
    )


def test_bytes_and_lines_are_counted_as_python_does():
    changed = replace(SOURCE, {"L_WEIGHT": 1e-5, "Ü": "x'y"})
    assert 'Ü = "x\'y"; L_WEIGHT: float = (\n    0.00001\n)\n' in changed


def test_every_assignment_of_the_name_counts():
    assert replace("A = 1\nB = A\nA = 2\n", {"A": 3}) == "A = 3\nB = A\nA = 3\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A = B = 2\n", "gives 'A' and 'B' one value; assign each its own"),
        ("A = x.y = 2\n", "gives 'A' and something else one value"),
        ("A = 1\nif True:\n    A = 2\n", "another one in line 3, under a condition or in a loop"),
        ("A = 1\nfor A in range(3):\n    pass\n", "another one in line 2"),
        ("A = 1\nA += 1\n", "another one in line 2"),
    ],
)
def test_a_value_that_cannot_be_replaced_alone_is_refused(text, told):
    with pytest.raises(ValueError, match=told):
        replace(text, {"A": 3})
    assert replace(f"{text}C = 1\n", {"C": 3}) == f"{text}C = 3\n"


PLACES = """\
import argparse, tuner
from losses import Loss
WEIGHTS = {"ab": 1.0, "deep": {"l": (0.5, 2)}}
weights = tuner.weights({"tv": 1})
betas = 0.5, 0.9
class Config:
    gan: float = 2.0
def main(ab=7.0):
    parser = argparse.ArgumentParser()
    parser.add_argument("-l", "--lambda_L1", type=float, default=100.0)
    loss = Loss(pixel=1.0, ab=ab)
    other = dict(style=3.0)
"""


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("WEIGHTS.ab", '"ab": 1.0', '"ab": 4.5'),
        ("WEIGHTS.deep.l[0]", "(0.5, 2)", "(4.5, 2)"),
        ("weights.tv", '"tv": 1}', '"tv": 4.5}'),
        ("betas[1]", "0.5, 0.9", "0.5, 4.5"),
        ("Config.gan", "gan: float = 2.0", "gan: float = 4.5"),
        ("--lambda_L1", "default=100.0", "default=4.5"),
        ("-l", "default=100.0", "default=4.5"),
        ("Loss.pixel", "pixel=1.0", "pixel=4.5"),
        ("other.style", "style=3.0", "style=4.5"),
    ],
)
def test_each_way_to_hold_a_value_has_an_address(address, before, after):
    assert replace(PLACES, {address: 4.5}) == PLACES.replace(before, after)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("WEIGHTS.abb", r"has no value at 'WEIGHTS.abb' \(did you mean 'WEIGHTS.ab'"),
        ("Loss.ab", "has no value at 'Loss.ab'"),
        ("--lambda_L2", r"did you mean '--lambda_L1'\?"),
        ("main.ab", "has no value at 'main.ab'"),
    ],
)
def test_an_address_of_nothing_is_refused(address, told):
    with pytest.raises(ValueError, match=told):
        replace(PLACES, {address: 1.0})


def test_an_address_of_two_values_is_refused():
    with pytest.raises(ValueError, match=r"has 'f.x' several times, in lines 1 and 2"):
        replace("f(x=1)\nf(x=2)\n", {"f.x": 3})


def test_lists_tuples_and_null_are_written_as_python_has_them():
    text = "A = (1, 2)\nB = [1]\nC = 1\nD = 0.5\n"
    values = {"A": [3, 0.5], "B": ["x", None], "C": None, "D": [1e-5]}
    assert replace(text, values) == "A = (3, 0.5)\nB = ['x', None]\nC = None\nD = [0.00001]\n"
    assert replace("A = 1, 2\n", {"A": [3]}) == "A = (3,)\n"


@pytest.mark.parametrize("value", ["3, 4", 3])
def test_a_single_value_never_takes_the_place_of_a_tuple(value):
    with pytest.raises(ValueError, match=r"has a tuple at 'A', got .* \(expected a list of values"):
        replace("A = (1, 2)\n", {"A": value})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("AB_WIEGHT", r" \(did you mean 'AB_WEIGHT'\?\)"),
        ("INNER", ""),
        ("OTHER", ""),
        ("train", ""),
    ],
)
def test_a_name_without_a_value_of_its_own_is_refused(name, near):
    with pytest.raises(ValueError, match=f"gives no value to '{name}' at its top level{near}"):
        replace(SOURCE, {name: 1.0})


def test_what_is_no_python_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        replace("print 'hello'", {"A": 1})


values = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)


@given(value=values, before=st.sampled_from(["1", "f(2,\n 3)", '"""ä\n"""', "None"]))
def test_the_module_has_the_value_afterwards(value, before):
    text = f"Ä = 1; A = {before}; Z = 'ß'\n"
    module = ast.parse(replace(text, {"A": value}))
    assert ast.literal_eval(module.body[1].value) == value
    assert ast.literal_eval(module.body[2].value) == "ß"

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
    assert replace("A = 1\nB = A\nA = B = 2\n", {"A": 3}) == "A = 3\nB = A\nA = B = 3\n"


@pytest.mark.parametrize("name", ["AB_WIEGHT", "INNER", "OTHER", "train"])
def test_a_name_without_a_value_of_its_own_is_refused(name):
    with pytest.raises(ValueError, match=f"gives no value to '{name}' at its top level"):
        replace(SOURCE, {name: 1.0})


def test_the_nearest_name_is_told():
    with pytest.raises(ValueError, match=r"\(did you mean 'AB_WEIGHT'\?\)"):
        replace(SOURCE, {"AB_WIEGHT": 1.0})


def test_what_is_no_python_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        replace("print 'hello'", {"A": 1})


values = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)


@given(value=values, before=st.sampled_from(["1", "f(2,\n 3)", '"""ä\n"""', "{1: 2}"]))
def test_the_module_has_the_value_afterwards(value, before):
    text = f"Ä = 1; A = {before}; Z = 'ß'\n"
    module = ast.parse(replace(text, {"A": value}))
    assert ast.literal_eval(module.body[1].value) == value
    assert ast.literal_eval(module.body[2].value) == "ß"

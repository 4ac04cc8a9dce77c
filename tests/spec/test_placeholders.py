import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.spec.placeholders import fields_of, fill, plain_decimal, word


def test_fields_are_found_in_order():
    assert fields_of("--l1={weights.λ of l1} {out}/{seed}.png") == (
        "weights.λ of l1",
        "out",
        "seed",
    )


def test_doubled_braces_are_meant_as_such():
    assert fields_of('{{"lr": {weights.lr}}}') == ("weights.lr",)
    assert fill('{{"lr": {weights.lr}}}', {"weights.lr": "0.1"}) == '{"lr": 0.1}'


@pytest.mark.parametrize("text", ["{", "}", "{out", "out}", "{out}}"])
def test_a_stray_brace_is_refused(text):
    with pytest.raises(ValueError, match="belongs to no field"):
        fields_of(text)


def test_a_form_behind_a_field_belongs_to_its_name():
    assert fields_of("{weights.l1:.3f} {out!r}") == ("weights.l1:.3f", "out!r")


def test_values_are_made_safe_before_they_are_put_in():
    assert fill("{out}/*", {"out": "a[b"}, str.upper) == "A[B/*"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1e-5, "0.00001"),
        (1e22, "10000000000000000000000.0"),
        (5.0, "5.0"),
        (5, "5"),
        (0.1, "0.1"),
        (-0.25, "-0.25"),
        (True, "true"),
        ("--l1", "--l1"),
    ],
)
def test_numbers_have_no_exponent(value, told):
    assert word(value) == told


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_same_number(value):
    text = plain_decimal(value)
    assert float(text) == value
    assert "." in text
    assert not set(text) & set("eE")

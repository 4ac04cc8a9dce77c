import ast

import pytest

from tuner.external.syntax import called_name, is_literal, literal


def expression(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "name"),
    [("f(1)", "f"), ("a.b.f(1)", "f"), ("a[0].f()", "f"), ("f()()", ""), ("(lambda: 1)()", "")],
)
def test_a_call_has_the_last_part_of_its_name(text, name):
    assert called_name(expression(text)) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-1.5", -1.5),
        ("[1, (2, None)]", [1, (2, None)]),
        ("None", None),
        ("x", "?"),
        ("1 / 3", "?"),
    ],
)
def test_what_is_written_out_has_a_value_and_all_else_none(text, value):
    assert literal(expression(text), "?") == value
    assert is_literal(expression(text)) == (value != "?")


def test_without_an_expression_there_is_no_value():
    assert literal(None, 3) == 3

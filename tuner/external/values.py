"""Values that are written into files, as they are in Python, YAML, JSON and TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tuner.spec.placeholders import fill, plain_decimal

Scalar = str | int | float | bool | None
Value = Scalar | Sequence["Value"]
"""A list stands for a tuple where there was a tuple."""


def is_list(value: Value) -> bool:
    """Whether it is a list of values; texts are none."""
    return isinstance(value, list | tuple)


def filled(value: Value, fields: Mapping[str, str]) -> Value:
    """The value with its fields filled in, as a number where it reads as one."""
    if isinstance(value, list | tuple):
        return [filled(each, fields) for each in value]
    if not isinstance(value, str):
        return value
    text = fill(value, fields)
    if text == value:
        return text
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def written(value: Value) -> str:
    """A value as YAML 1.1 and YAML 1.2 write it, numbers without an exponent."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return plain_decimal(value)
    return f"[{', '.join(written(each) for each in value)}]"

"""Fields in braces, such as `{weights.ab_weight}`, in the words of the user's command.

Literal braces are doubled, as in `str.format`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from string import Formatter
from typing import Any

PYTHON = re.compile(r"python[\d.]*w?(?:\.exe)?")
STRAY = "has a '{' or '}' that belongs to no field (write '{{' or '}}' where it is meant as such)"


def fields_of(text: str) -> tuple[str, ...]:
    """The names of the fields of a text, in order.

    Raises:
        ValueError: A brace is not part of a field.
    """
    return tuple(name for _, name in _parts(text) if name is not None)


def fill(text: str, values: Mapping[str, str], safe: Callable[[str], str] = str) -> str:
    """The text with every field filled in.

    Args:
        text: A text; all its fields are in `values`.
        values: The value of each field.
        safe: Escapes a value before it is filled in.
    """
    parts = (literal + (safe(values[name]) if name is not None else "") for literal, name in
             _parts(text))  # fmt: skip
    return "".join(parts)


def word(value: Any) -> str:
    """A value of a study file as a word of a command; numbers have no exponent."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else plain_decimal(value)


def is_python(words: Sequence[Any]) -> bool:
    """Whether a command begins with `python`, or with `python3.11`, wherever that is."""
    return bool(words) and bool(PYTHON.fullmatch(re.split(r"[/\\]", str(words[0]))[-1]))


def plain_decimal(value: float) -> str:
    """A number without an exponent: `0.00001`, not `1e-05`; a float keeps its decimal point."""
    text = format(Decimal(repr(value)), "f")
    return text if isinstance(value, int) or "." in text else f"{text}.0"


def _parts(text: str) -> list[tuple[str, str | None]]:
    """Pairs of plain text and the field after it; None after the last text."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(STRAY) from None
    parts = []
    for literal, name, form, conversion in parsed:
        whole = name
        if name is not None and conversion:
            whole = f"{whole}!{conversion}"
        if name is not None and form:
            whole = f"{whole}:{form}"
        parts.append((literal, whole))
    return parts

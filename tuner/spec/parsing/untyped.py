"""Reads parts of a study before their types are checked: a part of a wrong type counts as empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def section(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The keys below a key."""
    below = values.get(key)
    return below if isinstance(below, dict) else {}


def entries(values: Mapping[str, Any], key: str) -> list[Any]:
    """The entries of a list."""
    listed = values.get(key)
    return listed if isinstance(listed, list) else []


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)

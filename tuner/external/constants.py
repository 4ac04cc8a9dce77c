"""Replaces values in a Python module and nothing else.

The syntax tree says where a value stands (`python_places`). Every `X = 1.0` and `X: float = 1.0`
at the top level of the module is replaced.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from tuner.external.python_places import (
    PythonPlace,
    parts_of,
    places_of,
    reassigned,
    written_address,
)
from tuner.external.values import Value
from tuner.spec.placeholders import plain_decimal
from tuner.wording import did_you_mean, joined

KINDS = {ast.Tuple: "tuple", ast.List: "list", ast.Dict: "dict", ast.Set: "set"}


def replace(text: str, values: Mapping[str, Value]) -> str:
    """The source with other values.

    Args:
        text: Of a module.
        values: What to write, by address.

    Raises:
        SyntaxError: The text is not Python.
        ValueError: The module has no such place, or several; gives one value to two names at
            once, or another one under a condition; or has a list there and gets none.
    """
    module = ast.parse(text)
    places = places_of(module)
    source = text.encode()
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    changes: dict[tuple[int, int], bytes] = {}
    for address, value in values.items():
        for place in _found(module, places, address):
            changes[_span(place.node, lines)] = _literal(value, place.node, address).encode()
    for (start, end), literal in sorted(changes.items(), reverse=True):
        source = source[:start] + literal + source[end:]
    return source.decode()


def _found(
    module: ast.Module, places: Sequence[PythonPlace], address: str
) -> Sequence[PythonPlace]:
    """The places of an address: all assignments of a name, else a single one."""
    parts = parts_of(address)
    found = [place for place in places if place.address == parts]
    # Where a class is called with a value, what stands in its body is a mere default.
    found = [place for place in found if not place.of_class] or found
    is_name = len(parts) == 1 and not address.startswith("-")
    if not found:
        known = did_you_mean(address, dict.fromkeys(written_address(one.address) for one in places))
        what = "gives no value to" if is_name else "has no value at"
        raise ValueError(f"{what} '{address}'{' at its top level' if is_name else ''}{known}")
    if is_name:
        _refuse_entangled(module, places, found, address)
    elif len({id(place.node) for place in found}) > 1:
        lines = joined([str(place.node.lineno) for place in found], "and")
        raise ValueError(f"has '{address}' several times, in lines {lines}")
    return found


def _refuse_entangled(
    module: ast.Module, places: Sequence[PythonPlace], found: Sequence[PythonPlace], name: str
) -> None:
    """Refuses a name whose value cannot be replaced alone, or would be replaced again."""
    for place in found:
        if place.shared:
            others = [str(one.address[0]) for one in places
                      if one.node is place.node and one.address != place.address]  # fmt: skip
            other = f" and '{others[0]}'" if others else " and something else"
            raise ValueError(f"gives '{name}'{other} one value; assign each its own")
    line = reassigned(module, name)
    if line is not None:
        raise ValueError(
            f"gives '{name}' a value at its top level and another one in line {line}, under a "
            "condition or in a loop; keep one"
        )


def _span(node: ast.expr, lines: list[int]) -> tuple[int, int]:
    """Where an expression begins and ends, in bytes."""
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: PT018 - one invariant
    start = lines[node.lineno - 1] + node.col_offset
    return start, lines[node.end_lineno - 1] + node.end_col_offset


def _literal(value: Value, before: ast.expr, address: str) -> str:
    """The value as Python writes it, a tuple where a tuple was."""
    kind = KINDS.get(type(before))
    if isinstance(value, list | tuple):
        parts = [_plain(each) for each in value]
        if kind == "tuple":
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        return f"[{', '.join(parts)}]"
    if kind is not None and value is not None:
        raise ValueError(f"has a {kind} at '{address}', got {value!r} (expected a list of values)")
    return _plain(value)


def _plain(value: Value) -> str:
    if value is None or isinstance(value, str | bool):
        return repr(value)
    if isinstance(value, int | float):
        return plain_decimal(value)
    return f"[{', '.join(_plain(each) for each in value)}]"

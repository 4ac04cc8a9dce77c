"""Replaces the values of a Python module's constants and nothing else.

The syntax tree says where a value stands. Every `X = 1.0` and `X: float = 1.0` at the top level of
the module is replaced.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tuner.spec.placeholders import plain_decimal
from tuner.wording import did_you_mean


def replace(text: str, values: Mapping[str, str | int | float | bool]) -> str:
    """The source with other values.

    Args:
        text: Of a module.
        values: What to assign, by name.

    Raises:
        SyntaxError: The text is not Python.
        ValueError: The module does not assign a value to such a name, or assigns one value to two
            names at once.
    """
    source = text.encode()
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found: dict[str, list[ast.expr]] = {}
    for name, node in constants_of(ast.parse(source)):
        found.setdefault(name, []).append(node)
    for name in values:
        if name not in found:
            known = did_you_mean(name, found)
            raise ValueError(f"gives no value to '{name}' at its top level{known}")
    places: dict[tuple[int, int], tuple[str, bytes]] = {}
    for name, value in values.items():
        for node in found[name]:
            mine = (name, _literal(value).encode())
            other = places.setdefault(_place(node, lines), mine)
            if other[1] != mine[1]:
                raise ValueError(f"gives '{other[0]}' and '{name}' one value; assign each its own")
    for (start, end), (_, literal) in sorted(places.items(), reverse=True):
        source = source[:start] + literal + source[end:]
    return source.decode()


def constants_of(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names and values that are assigned at the top level of a module, one after the other."""
    for statement in module.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                yield from ((each.id, value) for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _place(node: ast.expr, lines: list[int]) -> tuple[int, int]:
    """Where an expression begins and ends, in bytes."""
    assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: PT018 - one invariant
    start = lines[node.lineno - 1] + node.col_offset
    return start, lines[node.end_lineno - 1] + node.end_col_offset


def _literal(value: str | float | bool) -> str:
    if isinstance(value, str | bool):
        return repr(value)
    return plain_decimal(value)

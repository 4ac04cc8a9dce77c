"""What a single node of Python's syntax tree says."""

from __future__ import annotations

import ast
from typing import Any


def called_name(call: ast.Call) -> str:
    """The last part of the name of what is called, `add_argument` of `p.add_argument(...)`."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return str(name)


def literal(node: ast.expr | None, otherwise: Any = None) -> Any:
    """The value that an expression is written out as.

    Args:
        otherwise: Returned for what has to be computed, and where there is no expression.
    """
    if node is None:
        return otherwise
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return otherwise


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is written out."""
    computed = object()
    return literal(node, computed) is not computed

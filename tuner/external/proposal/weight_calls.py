"""Weights that a script asks for by `tuner.weights` already."""

from __future__ import annotations

import ast

from tuner.external.python_places import places_of
from tuner.external.syntax import literal
from tuner.spec.parsing.untyped import is_number

CALL = "tuner.weights"


def asked_weights(module: ast.Module) -> dict[str, float]:
    """The numbers in the dict that is handed to `tuner.weights`, by name; empty without a call."""
    dicts = {place.address[0]: place.node for place in places_of(module)
             if len(place.address) == 1 and isinstance(place.node, ast.Dict)}  # fmt: skip
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == CALL and node.args:
            own = node.args[0]
            given = dicts.get(own.id) if isinstance(own, ast.Name) else own
            if isinstance(given, ast.Dict):
                return _numbers(given)
    return {}


def _numbers(given: ast.Dict) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in zip(given.keys, given.values, strict=True):
        name, number = literal(key), literal(value)
        if isinstance(name, str) and is_number(number) and "rate" not in name and name != "lr":
            found[name] = float(number)
    return found

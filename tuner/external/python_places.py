"""The places in a Python module at which a value stands, each with an address.

    NAME                 assigned at the top level
    NAME.key, NAME[0]    inside a dict, list or tuple that has a name, or is handed to a call
    Call.keyword         an argument by name, such as `Loss(perceptual_weight=1.0)`
    --option             the default of an option, `add_argument("--lambda_L1", default=100.0)`
    Class.name           assigned in the body of a class

Nothing is run. Below the top level only literal values count: what is computed stands elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tuner.external.syntax import called_name, is_literal
from tuner.spec.parsing.builder import key_parts
from tuner.wording import Keys, dotted

OPTION_CALLS = ("add_argument", "add_option", "option")


@dataclass(frozen=True)
class PythonPlace:
    """A value.

    Attributes:
        address: Its parts.
        node: The expression.
        of_class: Whether it stands in the body of a class, and may only be a default.
        shared: Whether other names get the same value from the same statement.
    """

    address: Keys
    node: ast.expr
    of_class: bool = False
    shared: bool = False


def parts_of(address: str) -> Keys:
    """The parts of an address as it is written.

    Raises:
        ValueError: It is none.
    """
    return (address,) if address.startswith("-") else key_parts(address)


def written_address(address: Keys) -> str:
    """An address as it is written."""
    return dotted(address)


def places_of(module: ast.Module) -> list[PythonPlace]:
    """All places, in the order of the text."""
    top = [*_at_the_top(module)]
    return [*top, *_below(module, ())]


def reassigned(module: ast.Module, name: str) -> int | None:
    """The line in which a name gets another value under `if`, in a loop and the like."""
    plain = {id(target) for statement in module.body for target in _targets(statement)}
    for node in _outside_functions(module):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store | ast.Del)
            and node.id == name
            and id(node) not in plain
        ):
            return node.lineno
    return None


def _at_the_top(module: ast.Module) -> Iterator[PythonPlace]:
    for statement in module.body:
        targets = _targets(statement)
        shared = isinstance(statement, ast.Assign) and len(statement.targets) > 1
        for target in targets:
            value = getattr(statement, "value", None)
            if value is not None:
                yield PythonPlace((target.id,), value, shared=shared)


def _targets(statement: ast.stmt) -> list[ast.Name]:
    match statement:
        case ast.Assign(targets=targets):
            return [each for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name() as name):
            return [name]
    return []


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        ):
            yield child
            yield from _outside_functions(child)


def _below(node: ast.AST, owner: Keys) -> Iterator[PythonPlace]:
    """What stands inside a node.

    Args:
        owner: Address of the value that the node is; empty where it has none.
    """
    match node:
        case ast.Dict() | ast.List() | ast.Tuple():
            yield from _in_container(node, owner)
        case ast.Call():
            yield from _in_call(node, owner)
        case ast.Assign(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
            yield from _below(value, tuple(target.id for target in _targets(node)[:1]))
        case ast.ClassDef(name=name, body=body):
            for statement in body:
                yield from _attributes(name, statement)
                yield from _below(statement, ())
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _below(child, ())


def _in_container(node: ast.Dict | ast.List | ast.Tuple, owner: Keys) -> Iterator[PythonPlace]:
    if not isinstance(node, ast.Dict):
        for index, element in enumerate(node.elts):
            yield from _at((*owner, index), element) if owner else _below(element, ())
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield from _at((*owner, key.value), value)
        else:
            yield from _below(value, ())


def _attributes(name: str, statement: ast.stmt) -> Iterator[PythonPlace]:
    for target in _targets(statement):
        value = getattr(statement, "value", None)
        if value is not None and is_literal(value):
            yield PythonPlace((name, target.id), value, of_class=True)


def _in_call(call: ast.Call, owner: Keys) -> Iterator[PythonPlace]:
    called = called_name(call)
    keywords = {each.arg: each.value for each in call.keywords if each.arg}
    names = [each.value for each in call.args
             if isinstance(each, ast.Constant) and isinstance(each.value, str)]  # fmt: skip
    options = [name for name in names if name.startswith("-")]
    if called in OPTION_CALLS and options:
        if "default" in keywords and is_literal(keywords["default"]):
            for option in options:
                yield PythonPlace((option,), keywords["default"])
        return
    # dict(ab=1.0) and tuner.weights({"ab": 1.0}) are what their name is assigned.
    own = owner or ((called,) if called else ())
    for name, value in keywords.items():
        yield from _at((*own, name) if called == "dict" else (called or "call", name), value)
    for argument in call.args:
        yield from _below(argument, own)
    for each in call.keywords:
        if each.arg is None:
            yield from _below(each.value, own)
    yield from _below(call.func, ())


def _at(address: Keys, value: ast.expr) -> Iterator[PythonPlace]:
    if is_literal(value):
        yield PythonPlace(address, value)
    yield from _below(value, address)

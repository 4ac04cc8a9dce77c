"""The options of a command line that a script defines with argparse or click."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.external.syntax import called_name, literal

CALLS = ("add_argument", "add_option", "option", "argument")
SWITCHES = ("store_true", "store_false", "store_const", "count", "help", "version")


@dataclass(frozen=True)
class Option:
    """One option, or one positional argument.

    Attributes:
        flag: Its longest name, `--lambda_L1`; a positional argument has no hyphens.
        flags: All its names.
        default: The value that it has by itself; None without one that can be seen.
        required: Whether the command fails without it.
    """

    flag: str
    flags: tuple[str, ...]
    default: Any
    required: bool

    @property
    def positional(self) -> bool:
        """Whether it has no name on the command line."""
        return not self.flag.startswith("-")


def options_of(module: ast.Module) -> list[Option]:
    """All options that take a value, in the order of the text."""
    constants = _constants(module)
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [option for call in calls for option in _option(call, constants)]


def switches_of(module: ast.Module) -> set[str]:
    """The names of all options that take no value."""
    constants = _constants(module)
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    return {flag for call in calls if _is_switch(call, constants) for flag in _flags(call)}


def _option(call: ast.Call, constants: Mapping[str, Any]) -> Iterator[Option]:
    flags = _flags(call)
    if not flags or _is_switch(call, constants):
        return
    keywords = _keywords(call)
    flag = max(flags, key=len)
    positional = not flag.startswith("-")
    free = _value(keywords.get("nargs"), constants) in ("?", "*")
    required = (positional and not free) or bool(_value(keywords.get("required"), constants))
    yield Option(flag, flags, _value(keywords.get("default"), constants), required)


def _flags(call: ast.Call) -> tuple[str, ...]:
    """The names of an option; none where the call defines no option."""
    if called_name(call) not in CALLS:
        return ()
    return tuple(each.value for each in call.args
                 if isinstance(each, ast.Constant) and isinstance(each.value, str))  # fmt: skip


def _is_switch(call: ast.Call, constants: Mapping[str, Any]) -> bool:
    keywords = _keywords(call)
    action = _value(keywords.get("action"), constants)
    return action in SWITCHES or bool(_value(keywords.get("is_flag"), constants))


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {each.arg: each.value for each in call.keywords if each.arg}


def _constants(module: ast.Module) -> dict[str, Any]:
    """Names with a literal value at the top level, which a default may be."""
    return {
        target.id: _value(statement.value, {})
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _value(node: ast.expr | None, constants: Mapping[str, Any]) -> Any:
    """A literal, or the constant of that name; None for all else."""
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    return literal(node)

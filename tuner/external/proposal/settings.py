"""All settings of a script from which a trial could change something, each with its value."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tomlkit
import yaml
from tomlkit.exceptions import TOMLKitError

from tuner.external import constants
from tuner.external.proposal.options import options_of
from tuner.external.proposal.purposes import Purpose, purpose_of
from tuner.external.python_places import OPTION_CALLS, PythonPlace, places_of, written_address
from tuner.external.syntax import called_name, literal
from tuner.spec.parsing.core_schema import scalar
from tuner.wording import Keys, dotted

CONFIGS = (".yml", ".yaml", ".json", ".toml")


@dataclass(frozen=True)
class Setting:
    """A value that a trial may replace.

    Attributes:
        place: An option of the command line, a constant of the script, or a key of a file.
        address: As `trainer.set` or the command line writes it.
        keys: The parts of the address.
        value: What it is today; None where nothing is seen.
        purpose: What it is for; None where its name does not tell.
        required: Whether the command fails without it.
    """

    place: Literal["option", "constant", "key"]
    address: str
    keys: Keys
    value: Any
    purpose: Purpose | None
    required: bool = False


def option_settings(modules: Iterable[ast.Module], given: Mapping[str, str]) -> list[Setting]:
    """The options of a script and of what it imports; the first one of a name counts.

    Args:
        given: Values of options on the command line of today, which win over defaults.
    """
    found: dict[str, Setting] = {}
    for option in (each for module in modules for each in options_of(module)):
        said = next((given[flag] for flag in option.flags if flag in given), None)
        value = option.default if said is None else scalar(said)
        flag = next((flag for flag in option.flags if flag in given), option.flag)
        one = Setting("option", flag, (flag,), value, purpose_of((flag,), value), option.required)
        found.setdefault(option.flag, one)
    return list(found.values())


def constant_settings(text: str, module: ast.Module) -> list[Setting]:
    """The constants of a script that can be replaced: numbers, and what a purpose is seen for."""
    found: dict[str, Setting] = {}
    options = {id(node) for node in _option_defaults(module)}
    for place in places_of(module):
        address, value = written_address(place.address), _single(place)
        purpose = purpose_of(place.address, value)
        if purpose == "trial" and len(place.address) > 1:
            continue  # many things have a name
        told = purpose is not None or isinstance(value, int | float)
        if value is None or not told or id(place.node) in options or address in found:
            continue
        if _can_be_replaced(text, address, value):
            found[address] = Setting("constant", address, place.address, value, purpose)
    return list(found.values())


def key_settings(path: Path) -> list[Setting]:
    """The keys of a YAML, JSON or TOML file: numbers, and what a purpose is seen for.

    Raises:
        ValueError: It cannot be read or parsed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = _parsed(text, path.suffix.lower())
    except (OSError, UnicodeError, yaml.YAMLError, TOMLKitError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    found = [Setting("key", dotted(keys), keys, value, purpose_of(keys, value))
             for keys, value in _leaves(tree, ()) if keys]  # fmt: skip
    return [one for one in found if one.purpose or isinstance(one.value, int | float)]


class _Plain(yaml.SafeLoader):
    """Takes tags of other programs for what they stand on."""


_Plain.add_multi_constructor("!", lambda _loader, _tag, node: _untagged(node))
_Plain.add_multi_constructor("tag:", lambda _loader, _tag, node: _untagged(node))


def _untagged(node: yaml.Node) -> Any:
    return scalar(node.value) if isinstance(node, yaml.ScalarNode) else None


def _parsed(text: str, suffix: str) -> Any:
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".toml":
        return tomlkit.parse(text).unwrap()
    return yaml.load(text, Loader=_Plain)  # noqa: S506 - a safe loader that knows more tags


def _leaves(tree: Any, keys: Keys) -> Iterator[tuple[Keys, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*keys, str(key)))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _leaves(value, (*keys, index))
    else:
        yield keys, scalar(tree) if isinstance(tree, str) else tree


def _option_defaults(module: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and called_name(node) in OPTION_CALLS:
            yield from (each.value for each in node.keywords)


def _single(place: PythonPlace) -> Any:
    """The value of a place; None where it is computed, or holds several."""
    value = literal(place.node)
    return None if isinstance(value, dict | list | tuple | set) else value


def _can_be_replaced(text: str, address: str, value: Any) -> bool:
    try:
        constants.replace(text, {address: value})
    except ValueError:
        return False  # it has two values, or shares its value with another name
    return True

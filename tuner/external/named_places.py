"""Finds the constants and keys of a file that have the name of a weight."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import tomlkit
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.external.python_places import places_of, written_address
from tuner.wording import Keys, dotted


def constants_named(text: str, name: str, option: str = "") -> list[str]:
    """The addresses in a Python module at which the value of `name` stands.

    A name at the top level comes first, then options, arguments and entries of dicts, then
    attributes of classes, which may be mere defaults.

    Args:
        option: The option of a command line that sets it, such as `--lambda_L1`.

    Returns:
        One for each value; the same address twice where two values have it.

    Raises:
        SyntaxError: The text is not Python.
    """
    names = {name, name.upper()}
    by_rank: dict[int, dict[int, str]] = {0: {}, 1: {}, 2: {}}
    for place in places_of(ast.parse(text)):
        last = place.address[-1]
        plain = str(last).lstrip("-").replace("-", "_")
        if last == option or (len(place.address) > 1 and last in names):
            by_rank[2 if place.of_class else 1][id(place.node)] = written_address(place.address)
        elif len(place.address) == 1 and plain in names:
            is_option = str(last).startswith("-")
            by_rank[1 if is_option else 0][id(place.node)] = str(last)
    found = next((list(ranked.values()) for ranked in by_rank.values() if ranked), [])
    # A name that is assigned twice is one place: both get the value.
    return list(dict.fromkeys(found)) if by_rank[0] else found


def keys_named(text: str, suffix: str, name: str) -> list[str]:
    """The dotted keys of single values whose last part is `name`.

    Args:
        suffix: Of the file: .yml, .yaml, .json or .toml.

    Raises:
        ValueError: It cannot be parsed, or is of another kind.
    """
    if suffix in (".yml", ".yaml"):
        try:
            found = _in_nodes(yaml.compose(text, Loader=yaml.SafeLoader), ())
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    elif suffix == ".json":
        found = _in_values(json.loads(text), ())
    elif suffix == ".toml":
        found = _in_values(tomlkit.parse(text).unwrap(), ())
    else:
        raise ValueError("expected YAML, JSON, TOML or Python, by its name's end")
    return [dotted(keys) for keys in found if keys and keys[-1] == name]


def _in_nodes(node: Node | None, keys: Keys) -> Iterator[Keys]:
    if isinstance(node, ScalarNode):
        yield keys
    elif isinstance(node, SequenceNode):
        for index, each in enumerate(node.value):
            yield from _in_nodes(each, (*keys, index))
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _in_nodes(value, (*keys, str(key.value)))


def _in_values(value: Any, keys: Keys) -> Iterator[Keys]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _in_values(each, (*keys, str(key)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _in_values(each, (*keys, index))
    else:
        yield keys

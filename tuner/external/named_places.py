"""Finds the constants and keys of a file that have the name of a weight."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import tomlkit
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.external.constants import constants_of
from tuner.wording import Keys, dotted


def constants_named(text: str, name: str) -> list[str]:
    """The constants of a Python module called `name`, or like it in capitals.

    Raises:
        SyntaxError: The text is not Python.
    """
    known = {each for each, _ in constants_of(ast.parse(text))}
    return [each for each in dict.fromkeys((name, name.upper())) if each in known]


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

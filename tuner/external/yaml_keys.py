"""Replaces values in a YAML file and nothing else: comments, tags and layout stay as they are.

PyYAML says where each value stands. No value is constructed, so any tags are fine.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.wording import Keys, did_you_mean, dotted

MERGE = "tag:yaml.org,2002:merge"


def replace(text: str, values: Mapping[Keys, str]) -> str:
    """The text with other values.

    Args:
        text: One YAML document.
        values: What to write, by key.

    Raises:
        ValueError: There is no such key, or no single value at it.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places = {}
    for keys, value in values.items():
        node = _find(root, keys)
        start, end = node.start_mark.index, node.end_mark.index
        places[start, end] = _fitting(text[start:end], value)
    for (start, end), value in sorted(places.items(), reverse=True):
        text = text[:start] + value + text[end:]
    return text


def _fitting(before: str, value: str) -> str:
    """The new value, with a space, an anchor or a newline as the old value needs it."""
    if not before:  # nothing follows the colon
        return f" {value}"
    if before.startswith("&"):  # the anchor stays for its aliases
        value = f"{before.split(maxsplit=1)[0]} {value}"
    return f"{value}\n" if before.endswith("\n") else value


def _find(root: Node | None, keys: Keys) -> ScalarNode:
    node = root
    for depth, key in enumerate(keys):
        below = _below(node)
        if key not in below:
            where = [dotted((*keys[:depth], each)) for each in below]
            path = dotted(keys[: depth + 1])
            raise ValueError(f"has no '{path}'{did_you_mean(path, where)}")
        node = below[key]
    if not isinstance(node, ScalarNode):
        problem = f"has more than one value at '{dotted(keys)}'; name one of its keys"
        raise ValueError(problem)  # noqa: TRY004 - the file's mistake, like a key that is missing
    return node


def _below(node: Node | None) -> dict[str | int, Node]:
    if isinstance(node, SequenceNode):
        return dict(enumerate(node.value))
    below: dict[str | int, Node] = {}
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.tag != MERGE:
                below[str(key.value)] = value
    return below

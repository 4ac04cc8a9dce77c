"""Replaces values in a YAML file and nothing else: comments, tags and layout stay as they are.

PyYAML says where each value stands. No value is constructed, so any tags are fine.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.external.values import Value, is_list, written
from tuner.wording import Keys, did_you_mean, dotted

MERGE = "tag:yaml.org,2002:merge"


def replace(text: str, values: Mapping[Keys, Value]) -> str:
    """The text with other values.

    Args:
        text: One YAML document.
        values: What to write, by key.

    Raises:
        ValueError: There is no such key, or no value at it that can be replaced by such a one.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    places = {}
    for keys, value in values.items():
        key, node = _find(root, keys, value)
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, SequenceNode) and not node.flow_style:
            # A list with a line for each value gives way to one behind its key.
            start, end = key.end_mark.index, len(text[:end].rstrip())
            places[start, end] = f": {written(value)}"
        else:
            places[start, end] = _fitting(text[start:end], written(value))
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


def _find(root: Node | None, keys: Keys, value: Value) -> tuple[Node, Node]:
    """The node of a key and of its value, which is no section, and a list only for a list."""
    node, name = root, root
    for depth, key in enumerate(keys):
        below = _below(node)
        if key not in below:
            where = [dotted((*keys[:depth], each)) for each in below]
            path = dotted(keys[: depth + 1])
            raise ValueError(f"has no '{path}'{did_you_mean(path, where)}")
        name, node = below[key]
    assert name is not None and node is not None, "a key has at least one part"  # noqa: PT018 - one invariant
    in_lines = isinstance(node, SequenceNode) and not node.flow_style and name is node
    if not isinstance(node, ScalarNode) and not (is_list(value) and isinstance(node, SequenceNode)):
        hint = "; give a list" if isinstance(node, SequenceNode) else ""
        problem = f"has more than one value at '{dotted(keys)}'; name one of its keys{hint}"
        raise ValueError(problem)
    if in_lines:
        raise ValueError(f"has a list inside a list at '{dotted(keys)}'; name one of its values")
    return name, node


def _below(node: Node | None) -> dict[str | int, tuple[Node, Node]]:
    """Nodes by key, each with the node of its key; values of a list have none but their own."""
    if isinstance(node, SequenceNode):
        return {index: (each, each) for index, each in enumerate(node.value)}
    below: dict[str | int, tuple[Node, Node]] = {}
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.tag != MERGE:
                below[str(key.value)] = (key, value)
    return below

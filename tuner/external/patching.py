"""Writes values into copies of files: configuration by dotted key, Python by constant.

A copy differs from its file in the values alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit
import yaml
from tomlkit.exceptions import TOMLKitError

from tuner.errors import TrainerError
from tuner.external import constants, yaml_keys
from tuner.external.source_text import read_source
from tuner.external.values import Value, filled, is_list
from tuner.spec.parsing.builder import key_parts
from tuner.spec.trainer import SetSpec
from tuner.wording import Keys, did_you_mean, dotted

Patch = Callable[[str, Mapping[str, Value]], str]
"""Returns a text with values replaced by key; a ValueError says what is missing."""


class PatchedText(NamedTuple):
    """A copy's text, and the same as bytes in the encoding of its file."""

    text: str
    content: bytes


def patched(
    asked: SetSpec, folder: Path, fields: Mapping[str, str], who: str = "trainer.set"
) -> PatchedText:
    """The text of a copy, and how the file would hold it.

    Args:
        folder: Folder that the file's path is relative to.
        fields: Values for the templates.
        who: The key of the study file, for the error sentence.

    Raises:
        TrainerError: The file cannot be read or parsed, or has no such key or constant.
    """
    path = folder / asked.file
    values = {key: filled(value, fields) for key, value in (asked.keys or {}).items()}
    values |= {name: filled(value, fields) for name, value in (asked.constants or {}).items()}
    try:
        source = read_source(path)
        text = _patch_for(asked, path)(source.text, values)
        return PatchedText(text, source.encoded(text))
    except OSError as error:
        raise TrainerError(f"{who}: '{path}' cannot be read ({error.strerror})") from error
    except (SyntaxError, yaml.YAMLError, TOMLKitError, UnicodeError, json.JSONDecodeError) as error:
        said = " ".join(str(error).split())
        raise TrainerError(f"{who}: '{path}' cannot be parsed ({said})") from error
    except ValueError as error:
        raise TrainerError(f"{who}: '{path}' {error}") from error


def _patch_for(asked: SetSpec, path: Path) -> Patch:
    if asked.constants is not None:
        return constants.replace
    ways: dict[str, Patch] = {
        ".yml": _in_yaml, ".yaml": _in_yaml, ".json": _in_json, ".toml": _in_toml
    }  # fmt: skip
    if path.suffix not in ways:
        raise ValueError(
            f"is no file with keys (expected {', '.join(ways)}; for Python give 'constants')"
        )
    return ways[path.suffix]


def _in_yaml(text: str, values: Mapping[str, Value]) -> str:
    return yaml_keys.replace(text, {key_parts(key): value for key, value in values.items()})


def _in_json(text: str, values: Mapping[str, Value]) -> str:
    tree = json.loads(text)
    for key, value in values.items():
        _assign(tree, key_parts(key), value)
    try:  # most JSON is YAML too, whose layout can be kept
        kept = _in_yaml(text, values)
        if json.loads(kept) == tree:
            return kept
    except (ValueError, yaml.YAMLError):
        pass
    return json.dumps(tree, ensure_ascii=False, indent=2) + "\n"


def _in_toml(text: str, values: Mapping[str, Value]) -> str:
    tree = tomlkit.parse(text)
    for key, value in values.items():
        if value is None:
            raise ValueError(f"is TOML, which has no null for '{key}'")
        _assign(tree, key_parts(key), value)
    return tomlkit.dumps(tree)


def _refuse_over_a_list(before: Any, keys: Keys, value: Value) -> None:
    if isinstance(before, list | dict) and value is not None and not is_list(value):
        kind = "list" if isinstance(before, list) else "section"
        raise ValueError(f"has a {kind} at '{dotted(keys)}', got {value!r} (expected a list)")


def _assign(tree: Any, keys: Keys, value: Value) -> None:
    for depth, key in enumerate(keys):
        known = tree.keys() if hasattr(tree, "keys") else ()
        inside = key in known or (isinstance(tree, list) and key in range(len(tree)))
        if not inside:
            path, where = dotted(keys[: depth + 1]), [dotted((*keys[:depth], k)) for k in known]
            raise ValueError(f"has no '{path}'{did_you_mean(path, where)}")
        if depth == len(keys) - 1:
            _refuse_over_a_list(tree[key], keys, value)
            tree[key] = value
        else:
            tree = tree[key]

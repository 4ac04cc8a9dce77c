"""The meaning of unquoted words in YAML 1.2, and which texts therefore need quotes.

The core schema: https://yaml.org/spec/1.2.2/#103-core-schema. PyYAML follows YAML 1.1, in
which `off` is false, `1e-3` a text and `010` eight.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

# Pairs of pattern and value. `write` uses the same patterns to see which texts need quotes.
CORE_SCHEMA: tuple[tuple[str, Callable[[str], Any]], ...] = (
    (r"|~|null|Null|NULL", lambda _: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    (r"[-+]?[0-9]{1,4000}", int),
    (r"0o[0-7]+", lambda text: int(text, 0)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text, 0)),
    (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", float),
    (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", lambda text: float(text.replace(".", ""))),
)


def scalar(text: str) -> Any:
    """The value of an unquoted word of YAML 1.2: None, true, false, a number, or the word."""
    for pattern, value in CORE_SCHEMA:
        if re.fullmatch(pattern, text):
            return value(text)
    return text


def write(values: Any, *, flow: bool = False) -> str:
    """Writes YAML that has the same meaning in YAML 1.1 and 1.2.

    Args:
        values: Dicts, lists, texts, numbers, true, false and None.
        flow: On one line, with brackets and braces.
    """
    # An infinite width keeps long texts on one line: such files are easier to search and compare.
    text: str = yaml.dump(
        values,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow or None,
        width=float("inf"),
    )
    return text.removesuffix("\n").removesuffix("\n...") if flow else text


class _Dumper(yaml.SafeDumper):
    """Quotes every text that either version of YAML would read as something else."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _quoted_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Without double quotes PyYAML loses characters such as U+0085 and U+2028.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _quoted_text)
for _pattern, _ in CORE_SCHEMA:
    _Dumper.add_implicit_resolver("not a text", re.compile(f"(?:{_pattern})$"), None)

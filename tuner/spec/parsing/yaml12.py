"""Reads YAML 1.2, and notes the line of every value.

PyYAML parses; `core_schema` gives the values of scalars. Anchors are allowed, tags are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from tuner.spec.parsing.core_schema import scalar
from tuner.wording import Keys, Mistake, dotted

MOST_VALUES = 20_000
PLAIN, QUOTED = "plain", "quoted"

# PyYAML's words, our words, and whether the mistake is where the broken part began.
SYNTAX = (
    ("cannot start any token", "a character that cannot stand here; quote the text", False),
    ("mapping values are not allowed", "a ':' too many; check the indentation or quote it", False),
    ("could not find expected ':'", "a line without ':'", True),
    ("while scanning a quoted scalar", "a quote that is never closed", True),
    ("while parsing a flow", "a '[' or '{' that is not closed, or a ',' that is missing", True),
    ("expected a single document", "a second document; one file holds one study", False),
    ("undefined alias", "an alias ('*') without its anchor ('&')", False),
    ("duplicate anchor", "an anchor ('&') with a name that is taken", False),
    ("but found", "does not fit in here; check indentation, brackets and quotes", False),
)


class NotYaml(ValueError):
    """Text that cannot be parsed.

    Attributes:
        line: The line of the mistake, counted from 1.
        problem: What is wrong.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True)
class Document:
    """A parsed text.

    Attributes:
        values: Plain dicts, lists, texts, numbers, true, false and None; no part occurs twice.
        lines: The line of each key and of each entry of a list, counted from 1.
        mistakes: Parts that can be parsed but are refused, each with its line.
    """

    values: Any
    lines: Mapping[Keys, int]
    mistakes: tuple[tuple[int, Mistake], ...]

    def line(self, keys: Keys) -> int:
        """The line of a value; for a missing value, the line of its section."""
        known = (keys[:length] for length in range(len(keys), 0, -1) if keys[:length] in self.lines)
        return self.lines[next(known, ())]


def read(text: str) -> Document:
    """Parses one document.

    Raises:
        NotYaml: The syntax is wrong.
    """
    try:
        node = _Nodes(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _in_our_words(error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"the character {chr(error.character)!r} is not allowed") from None
    except RecursionError:
        raise NotYaml(1, "nested too deeply") from None
    except (ValueError, OverflowError):  # PyYAML passes escapes such as "\UFFFFFFFF" to chr()
        raise NotYaml(1, "a quoted text names a character that does not exist") from None
    reading = _Reading()
    values = reading.value(node, ()) if node is not None else None
    return Document(values, {(): 1} | reading.lines, tuple(reading.mistakes))


def typed(text: str) -> Any:
    """The value of a text that was typed on a command line.

    Brackets, braces and quotes are read as YAML. Everything else is one word or one text, so `#`
    and `: ` in the name of a folder have no special meaning.

    Raises:
        NotYaml: A bracket or quote is not closed, or the YAML is wrong otherwise.
    """
    if not text.lstrip().startswith(("[", "{", '"', "'")):
        return scalar(text.strip())
    document = read(text)
    for line, mistake in document.mistakes:
        raise NotYaml(line, f"{dotted(mistake.keys)}: {mistake.text}")
    return document.values


class _Nodes(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML's parser up to the tree of nodes; its scalars are only `PLAIN` or `QUOTED`."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)

    def resolve(self, kind: type[Node], _value: Any, implicit: Any) -> str:
        return PLAIN if kind is not ScalarNode or implicit[0] else QUOTED


class _Reading:
    """Turns nodes into plain values, and collects their lines and mistakes."""

    def __init__(self) -> None:
        self.lines: dict[Keys, int] = {}
        self.mistakes: list[tuple[int, Mistake]] = []
        self._above: list[Node] = []
        self._count = 0

    def value(self, node: Node, keys: Keys) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:  # a few nested anchors make millions of values
            raise NotYaml(_line(node), f"more than {MOST_VALUES} values")
        problem = _tag_problem(node) or self._loop_problem(node)
        if problem is not None:
            self._refuse(node, keys, problem)
            return None
        if isinstance(node, ScalarNode):
            return _scalar(node)
        self._above.append(node)
        mapping = isinstance(node, MappingNode)
        parts = self._mapping(node, keys) if mapping else self._list(node, keys)
        self._above.pop()
        return parts

    def _loop_problem(self, node: Node) -> str | None:
        return "contains itself" if any(node is one for one in self._above) else None

    def _mapping(self, node: Node, keys: Keys) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            problem = _key_problem(key_node)
            if problem is not None:
                self._refuse(key_node, keys, problem)
                continue
            here = (*keys, key_node.value)
            if key_node.value in mapping:
                self._refuse(key_node, here, f"given twice, first in line {self.lines[here]}")
                continue
            self.lines[here] = _line(key_node)
            mapping[key_node.value] = self.value(value_node, here)
        return mapping

    def _list(self, node: Node, keys: Keys) -> list[Any]:
        entries = []
        for index, entry in enumerate(node.value):
            self.lines[*keys, index] = _line(entry)
            entries.append(self.value(entry, (*keys, index)))
        return entries

    def _refuse(self, node: Node, keys: Keys, text: str) -> None:
        self.mistakes.append((_line(node), Mistake(keys, text)))


def _tag_problem(node: Node) -> str | None:
    if node.tag in (PLAIN, QUOTED):
        return None
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    return f"the tag '{tag}' is not allowed; leave it out"


def _key_problem(node: Node) -> str | None:
    if not isinstance(node, ScalarNode):
        return "a key has to be one word"
    if not isinstance(_scalar(node), str):
        return f"the key {node.value or 'before this colon'} is not a text; quote it"
    if node.value == "<<" and node.tag == PLAIN:
        return "'<<' is not part of YAML 1.2; write the keys out"
    return _tag_problem(node)


def _scalar(node: ScalarNode) -> Any:
    return scalar(node.value) if node.tag == PLAIN else node.value


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _in_our_words(error: yaml.MarkedYAMLError) -> NotYaml:
    said = f"{error.context} {error.problem}"
    known = ((words, began) for theirs, words, began in SYNTAX if theirs in said)
    words, began = next(known, (str(error.problem), False))
    mark = (error.context_mark if began else error.problem_mark) or error.problem_mark
    if r"'\t'" in said:
        words = "a tab; indent with spaces"
    return NotYaml(mark.line + 1 if mark else 1, words)

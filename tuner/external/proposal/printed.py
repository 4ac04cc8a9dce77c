"""Numbers that a script prints or reports while it trains, by the text of its calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tuner.external.curves import EPOCH, STEPS
from tuner.external.syntax import called_name
from tuner.spec.parsing.external_rules import STEP_GROUPS

LOGGING = ("print", "info", "write")
NAME = re.compile(r"[A-Za-z_]\w*")
VALUE = r"\S+?"


def pattern_of_output(module: ast.Module, *, in_epochs: bool = False) -> str:
    """A regular expression for the lines with a step or an epoch, and numbers; empty without any.

    It is made of an f-string that is printed: each value becomes a group that has the name of the
    word in front of it.

    Args:
        in_epochs: Whether the script counts epochs, and what looks like a step is none.
    """
    for call in _calls(module, LOGGING):
        for argument in call.args:
            if isinstance(argument, ast.JoinedStr):
                pattern = _pattern(argument, in_epochs=in_epochs)
                if pattern:
                    return pattern
    return ""


def reported_names(module: ast.Module) -> list[str]:
    """The names of numbers that are handed to `tuner.report` in a dict."""
    return [
        key.value
        for call in _calls(module, ("report",))
        for argument in call.args
        if isinstance(argument, ast.Dict)
        for key in argument.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def groups_of(pattern: str) -> list[str]:
    """The names of the numbers of a pattern, without step and epoch."""
    return [name for name in re.compile(pattern).groupindex if name not in STEP_GROUPS]


def _calls(module: ast.Module, names: tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and called_name(node) in names:
            yield node


def _pattern(text: ast.JoinedStr, *, in_epochs: bool) -> str:
    """The pattern of an f-string; empty unless it has a step, or an epoch, and another number."""
    before, said, found = "", "", []
    for part in text.values:
        if isinstance(part, ast.Constant):
            before = str(part.value)
            said += r"\s+".join(re.escape(each) for each in re.split(r"\s+", before))
        elif isinstance(part, ast.FormattedValue):
            name = _name(before, part.value)
            fits = _counts(name) and name not in found and not (in_epochs and name == "step")
            found += [name] if fits else []
            said += "" if said.endswith(r"\s+") else r"\s*"  # a value may be padded
            said += f"(?P<{name}>{VALUE})" if fits else VALUE
            before = ""
    counted = {"step", EPOCH} & {*found}
    return _ended(said) if counted and {*found} - counted else ""


def _counts(name: str) -> bool:
    """Whether a name is that of a number to follow; how many there are in all is none."""
    return bool(name) and not name.lower().startswith(("total", "max_", "num_", "n_"))


def _name(before: str, value: ast.expr) -> str:
    """The word in front of a value, else the name that it has in the code."""
    words = NAME.findall(before)
    name = words[-1] if words else getattr(value, "id", getattr(value, "attr", ""))
    low = name.lower().rstrip("s") if name.lower() not in STEPS else name.lower()
    if low in STEPS or low == "it":
        return "step"
    return EPOCH if low == EPOCH else name


def _ended(pattern: str) -> str:
    """Its last group takes all that comes, since nothing follows that would end it."""
    return re.sub(r"\\S\+\?(\)?)$", r"\\S+\1", pattern).strip()

"""After how many steps a script first says something, as far as its text tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from tuner.external.proposal.settings import Setting

EVERY = re.compile(r"(?:print|log|logging|report|display)_?(?:freq|every|interval|steps?|iters?)")


def first_report(settings: Iterable[Setting], modules: Sequence[ast.Module]) -> int:
    """The most steps until a first report: a setting such as `print_freq`, or `step % 100 == 0`.

    Returns:
        0 where nothing is seen.
    """
    named = [one.value for one in settings if _is_interval(one)]
    written = [] if named else [each for module in modules for each in _remainders(module)]
    return max([*named, *written], default=0)


def _is_interval(one: Setting) -> bool:
    name = str(one.keys[-1]).lstrip("-").replace("-", "_").lower()
    return type(one.value) is int and EVERY.fullmatch(name) is not None


def _remainders(module: ast.Module) -> Iterable[int]:
    """The numbers `n` of conditions such as `step % n == 0`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.BinOp):
            number = getattr(node.left.right, "value", None)
            if isinstance(node.left.op, ast.Mod) and type(number) is int:
                yield number

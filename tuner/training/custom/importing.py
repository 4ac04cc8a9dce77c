"""Imports the user's own class, or says in one sentence why it cannot be used."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tuner.errors import TrainerError, is_lack_of_memory
from tuner.wording import did_you_mean

LONGEST_REASON = 160


def import_class(address: str, key: str) -> type[Any]:
    """The class at `package.module:Class`; modules in the working directory count too.

    Args:
        key: Of the study file, for the error sentence.

    Raises:
        TrainerError: There is no such module or class, or it fails while it is imported.
    """
    module_name, _, name = address.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # stays: a module may import others when it is used
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and _is_part(error.name, module_name):
            raise TrainerError(
                f"{key}: there is no module '{error.name}' (looked for it in '{here}' and among "
                "the installed packages)"
            ) from error
        raise TrainerError(f"{key}: '{module_name}' cannot be imported ({brief(error)})") from error
    found = getattr(module, name, None)
    if isinstance(found, type):
        return found
    if found is not None:
        raise TrainerError(f"{key}: '{address}' is no class, it is a {type(found).__name__}")
    own = [each for each, value in vars(module).items()
           if isinstance(value, type) and value.__module__ == module_name]  # fmt: skip
    raise TrainerError(f"{key}: '{module_name}' has no class '{name}'{did_you_mean(name, own)}")


def fitting(found: type[Any], arguments: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why a constructor cannot be called with arguments by name.

    Returns:
        The argument, empty where one is missing, and what is wrong; None where all fit.
    """
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return None  # no signature can be read; the call itself will fail
    known = {name: one for name, one in signature.parameters.items()
             if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}  # fmt: skip
    anything = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
    for name in arguments:
        if name not in known and not anything:
            takes = did_you_mean(name, known) if known else " (it takes nothing by name)"
            return name, f"does not know it{takes}"
    for name, one in known.items():
        if one.default is one.empty and name not in arguments:
            return "", f"needs '{name}' too"
    return None


def source_digest(found: type[Any]) -> str:
    """First 12 hex digits of the SHA-256 of a class's module, comments left out."""
    try:
        source = Path(inspect.getfile(found)).read_text(encoding="utf-8")
        tree = ast.dump(ast.parse(source))
    except (OSError, TypeError, ValueError, SyntaxError):
        return "of unknown source"
    return hashlib.sha256(tree.encode()).hexdigest()[:12]


@contextmanager
def blamed(sentence: str) -> Iterator[None]:
    """Puts what the user's class raises behind a sentence; a lack of memory stays what it is.

    Raises:
        TrainerError: It fails.
    """
    try:
        yield
    except Exception as error:
        if is_lack_of_memory(error):
            raise  # not its fault: fewer trials at once may fit
        raise TrainerError(f"{sentence} ({brief(error)})") from error


def brief(error: BaseException) -> str:
    """An error as a remark: its kind and its first line."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}".removesuffix(": ")[:LONGEST_REASON]


def _is_part(missing: str | None, wanted: str) -> bool:
    """Whether the missing module is the wanted one or a package that contains it."""
    return missing is not None and f"{wanted}.".startswith(f"{missing}.")

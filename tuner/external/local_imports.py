"""The modules of the user's own project that a script imports, as far as its text tells.

Nothing is imported or run: names are looked up in the folders that Python would look in, installed
packages left out. A package whose code imports by computed names is taken whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

COMPUTED = re.compile(r"\b(?:import_module|__import__)\(")
INSTALLED = "site-packages"
INIT = "__init__.py"


def with_imports(files: Iterable[Path], roots: Sequence[Path]) -> set[Path]:
    """The files, and all modules of the project that they import, directly or not.

    Args:
        files: Of any kind; only Python is read.
        roots: Folders in which Python looks for modules, in order.
    """
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop().absolute()
        if path not in found:
            found.add(path)
            waiting += _imported_by(path, roots)
    return found


def module_files(name: str, roots: Sequence[Path]) -> list[Path]:
    """The files that are loaded when a dotted name is imported; its last parts may be no module."""
    for root in roots:
        found = list(_along(root, name.split(".")))
        if found and INSTALLED not in found[0].parts:
            return found
    return []


def _along(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    for part in parts:
        if (folder / part / INIT).is_file():
            yield folder / part / INIT
        elif (folder / f"{part}.py").is_file():
            yield folder / f"{part}.py"
            return
        elif not (folder / part).is_dir():
            return
        folder /= part


def _imported_by(path: Path, roots: Sequence[Path]) -> Iterator[Path]:
    if path.suffix != ".py":
        return
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError):
        return  # its digest tells whether it changed; what it imports cannot be seen
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for one in names:
                    yield from module_files(one.name, roots)
            case ast.ImportFrom(module=module, names=names, level=level):
                places = [path.parents[level - 1]] if level else roots
                stem = [module] if module else []
                for one in names:
                    yield from module_files(".".join([*stem, one.name]), places)
    if COMPUTED.search(text) and (path.parent / INIT).is_file():
        yield from path.parent.rglob("*.py")

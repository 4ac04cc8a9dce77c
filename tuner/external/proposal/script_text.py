"""The text of a script, and of what it imports from its own project."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import TrainerError
from tuner.external.local_imports import with_imports
from tuner.external.source_text import read_source
from tuner.wording import did_you_mean


@dataclass(frozen=True)
class ScriptText:
    """A script that was read and not run.

    Attributes:
        name: Its path as the command names it.
        module: Its syntax tree.
        imported: The syntax trees of modules of its own project.
    """

    name: str
    text: str
    module: ast.Module
    imported: tuple[ast.Module, ...]

    @property
    def modules(self) -> tuple[ast.Module, ...]:
        """All syntax trees, its own in front."""
        return self.module, *self.imported


def read_script(name: str, who: str = "--from-script") -> ScriptText:
    """Reads a script.

    Raises:
        TrainerError: It cannot be read, or is no Python.
    """
    path = Path(name)
    try:
        text = read_source(path).text
        module = ast.parse(text)
    except OSError as error:
        near = did_you_mean(path.name, [each.name for each in sorted(Path().glob("*.py"))])
        raise TrainerError(f"{who}: '{name}' cannot be read ({error.strerror}){near}") from error
    except (SyntaxError, ValueError) as error:
        said = " ".join(str(error).split())
        raise TrainerError(f"{who}: '{name}' is no Python ({said})") from error
    others = with_imports([path], [path.absolute().parent, Path.cwd()]) - {path.absolute()}
    return ScriptText(name, text, module, tuple(_parsed(sorted(others))))


def _parsed(paths: Iterable[Path]) -> Iterator[ast.Module]:
    for path in paths:
        try:
            yield ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue  # what it has cannot be seen

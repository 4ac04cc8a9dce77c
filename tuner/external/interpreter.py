"""The Python that runs a script: what decides a training's numbers, and whether it has the tuner.

A script in an environment of its own need not have the tuner installed for `tuner.weights`,
`tuner.report` and `tuner.seeded`: two files of the standard library alone are put on its path.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import tuner.seeded
from tuner.errors import StorageError
from tuner.external import script_api
from tuner.spec.placeholders import is_python

INTERPRETER = "interpreter"
"""The fact that describes it."""


SHEBANG = re.compile(rb"#!\s*(?:\S*/env\s+)?(\S*python[\d.]*)\s")
STANDALONE = "python"
"""Folder in the study's folder that holds a small package `tuner`."""

ASK = """\
import importlib.util, platform
said = [platform.python_implementation() + " " + platform.python_version()]
try:
    from importlib.metadata import version
    for name in ("torch", "numpy"):
        try:
            said.append(name + " " + version(name))
        except Exception:
            pass
except ImportError:
    pass
print(", ".join(said))
print("tuner" if importlib.util.find_spec("tuner") else "")
"""
ASK_SECONDS = 30.0


class Interpreter(NamedTuple):
    """A Python.

    Attributes:
        versions: Its own, and those of torch and numpy, as a sentence.
        has_tuner: Whether it can import this package.
    """

    versions: str
    has_tuner: bool


def interpreter_of(program: str, cwd: Path, environment: Mapping[str, str]) -> Interpreter | None:
    """The Python that a command starts, also by a launcher such as torchrun.

    Returns:
        None where it is another program, or cannot be asked.
    """
    path = environment.get("PATH")
    found = shutil.which(str(cwd / program) if os.sep in program else program, path=path)
    if found is not None and not is_python([found]):
        found = _behind(Path(found), path)
    return _asked(found, str(cwd), environment.get("PYTHONPATH", "")) if found else None


def with_our_calls(
    environment: Mapping[str, str], folder: Path, python: Interpreter | None
) -> dict[str, str]:
    """The environment in which a script finds `tuner.weights` and `tuner.report`.

    Args:
        folder: The study's folder.
        python: What runs the script; None changes nothing.

    Raises:
        StorageError: The small package cannot be written.
    """
    if python is None or python.has_tuner:
        return dict(environment)
    package = folder / STANDALONE / "tuner"
    try:
        package.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(script_api.__file__, package / "__init__.py")
        shutil.copyfile(tuner.seeded.__file__, package / "seeded.py")
    except OSError as error:
        raise StorageError(f"{package}: cannot be written ({error.strerror})") from error
    paths = [*filter(None, [environment.get("PYTHONPATH")]), str(package.parent)]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def _behind(launcher: Path, path: str | None) -> str | None:
    """The Python that a script names in its first line."""
    try:
        with launcher.open("rb") as file:
            named = SHEBANG.match(file.readline(1024))
    except OSError:
        return None
    return shutil.which(named[1].decode(), path=path) if named else None


@lru_cache(maxsize=16)
def _asked(program: str, cwd: str, python_path: str) -> Interpreter | None:
    environment = {**os.environ, **({"PYTHONPATH": python_path} if python_path else {})}
    try:
        asked = subprocess.run(  # noqa: S603 - the user's own interpreter
            [program, "-c", ASK], capture_output=True, text=True, check=True, cwd=cwd,
            env=environment, timeout=ASK_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    versions, *rest = asked.stdout.split("\n")
    return Interpreter(versions, rest[:1] == ["tuner"])

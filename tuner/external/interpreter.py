"""The Python that runs a script: its version, and those of what decides a training's numbers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

INTERPRETER = "interpreter"
"""The fact that describes it."""

PYTHON = re.compile(r"python[\d.]*w?(?:\.exe)?")

ASK = """\
import platform
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
"""
ASK_SECONDS = 30.0


def interpreter_of(words: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> str:
    """Versions of the Python that a command starts; empty for another program.

    Args:
        words: The program and its arguments.
    """
    if not PYTHON.fullmatch(Path(words[0]).name):
        return ""
    program = str(cwd / words[0]) if os.sep in words[0] else words[0]
    found = shutil.which(program, path=environment.get("PATH"))
    if found is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603 - the user's own interpreter
            [found, "-c", ASK], capture_output=True, text=True, check=False, cwd=cwd,
            env=dict(environment), timeout=ASK_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout.strip()

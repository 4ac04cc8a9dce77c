"""Calls the user's own training function in a process of its own.

    python -m tuner.external.function package.module:train

What it returns goes into a file in the trial's folder: a crash, a leak or a call of `exit` ends
this process and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tuner.errors import TrainerError
from tuner.external.script_api import OUT, WEIGHTS
from tuner.wording import did_you_mean

RETURNED = "tuner-returned.json"


def command_for(entry: str) -> tuple[str, ...]:
    """Arguments for Python to call a function."""
    return "-m", "tuner.external.function", entry


def call(entry: str) -> None:
    """Calls the function with the trial of the environment, and writes what it returns to a file.

    Raises:
        TrainerError: There is no such function, or it returned something else.
    """
    out = Path(os.environ[OUT])
    returned = _function(entry)(
        json.loads(os.environ[WEIGHTS]),
        int(os.environ["TUNER_STEPS"]),
        int(os.environ["TUNER_SEED"]),
        out,
    )
    (out / RETURNED).write_text(json.dumps(_kept(entry, returned)), encoding="utf-8")


def _function(entry: str) -> Any:
    module_name, _, name = entry.partition(":")
    module = import_module(module_name)
    if not callable(getattr(module, name, None)):
        known = [each for each, value in vars(module).items() if callable(value)]
        raise TrainerError(
            f"trainer.entry: '{module_name}' has no function '{name}'{did_you_mean(name, known)}"
        )
    return getattr(module, name)


def _kept(entry: str, returned: Any) -> dict[str, Any]:
    if isinstance(returned, str | os.PathLike):
        return {"predictions": str(Path(returned).absolute())}
    if isinstance(returned, Mapping):
        try:
            return {"metrics": {str(name): float(value) for name, value in returned.items()}}
        except (TypeError, ValueError):
            pass  # refused below
    raise TrainerError(
        f"{entry} returned {returned!r:.80}, expected a folder of predictions or numbers by name"
    )


if __name__ == "__main__":
    call(sys.argv[1])

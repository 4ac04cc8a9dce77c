"""Runs a Python script of the user's from the trial's seed, where the script sets no seed itself.

    python -m tuner.seeded train.py --lambda_L1 100
    python -m tuner.seeded -m package.train --lambda_L1 100

The script stays as it is: the generators of Python, numpy and torch are seeded before it begins, as
far as these are installed. Outside a study it runs as usual. This file needs the standard library
only, so a copy of it does the same where the tuner is not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

SEED = "TUNER_SEED"
USAGE = "usage: python -m tuner.seeded (SCRIPT | -m MODULE) [its own arguments ...]"


def seed_everything(seed: int) -> None:
    """Sets the generators of Python, numpy and torch, on all devices."""
    random.seed(seed)
    if importlib.util.find_spec("numpy"):
        importlib.import_module("numpy").random.seed(seed % 2**32)
    if importlib.util.find_spec("torch"):
        importlib.import_module("torch").manual_seed(seed)


def run_script(words: Sequence[str]) -> None:
    """Runs a script or module as Python itself would, with the words behind it as arguments."""
    if words[:1] == ["-m"]:
        sys.argv = list(words[1:])
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(words)
        sys.path.insert(0, str(Path(words[0]).absolute().parent))
        runpy.run_path(words[0], run_name="__main__")


def main() -> None:
    """The command."""
    words = sys.argv[1:]
    if not words or words == ["-m"]:
        sys.exit(USAGE)
    if words[0] != "-m" and not Path(words[0]).is_file():
        sys.exit(f"tuner.seeded: there is no script '{words[0]}'; {USAGE}")
    seed = os.environ.get(SEED)
    if seed is not None:
        seed_everything(int(seed))
    run_script(words)


if __name__ == "__main__":
    main()

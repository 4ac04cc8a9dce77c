"""Whether a script writes where its other trainings write, so that two at a time would mix."""

from __future__ import annotations

import os
from pathlib import Path

MOST_FILES = 50_000
"""A folder with more files is not looked through, and counts as one that is written into."""

LEFT_OUT = frozenset(("__pycache__", "node_modules", "site-packages", "tuner-runs"))


def writes_into_shared_files(cwd: Path, since: float, trial: str) -> bool:
    """Whether a file of the working folder was written that is not this training's own.

    Args:
        since: When the training began, in seconds since the epoch.
        trial: Its name; a file whose path contains it is its own.
    """
    seen = 0
    for folder, below, names in os.walk(cwd):
        below[:] = [one for one in below
                    if one not in LEFT_OUT and trial not in one and one[:1] != "."]  # fmt: skip
        seen += len(names)
        if seen > MOST_FILES:
            return True
        if any(trial not in name and _is_newer(Path(folder, name), since) for name in names):
            return True
    return False


def _is_newer(path: Path, since: float) -> bool:
    try:
        return path.stat().st_mtime >= since
    except OSError:
        return False  # removed meanwhile

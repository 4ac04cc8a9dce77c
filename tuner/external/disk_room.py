"""Tells a script that failed from a disk without room: the latter is no trial's failure."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tuner.errors import StorageError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
"""Errors of a place where nothing more can be written."""

SIGNS = tuple(os.strerror(number).lower() for number in (errno.ENOSPC, errno.EDQUOT))
"""How programs print that there is no room."""

PROBE = 1 << 16  # bytes; fewer may still fit where a picture or a network does not


def refuse_without_room(place: Path, lines: Iterable[str] = ()) -> None:
    """Stops the study where a trial failed for want of room; it is trained again later.

    Args:
        place: Where the trial's files go.
        lines: The last lines of its output.

    Raises:
        StorageError: A line says so, or nothing can be written there.
    """
    said = [line.strip() for line in lines if any(sign in line.lower() for sign in SIGNS)]
    problem = f"it printed: {said[-1]:.200}" if said else _problem(place)
    if problem:
        raise StorageError(
            f"{place}: a trial ended because there was no room ({problem}); it counts as not "
            "trained: make room, then give the same command again"
        )


def _problem(place: Path) -> str:
    """Why nothing can be written; empty where something can, or for another reason."""
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(os.urandom(PROBE))
            probe.flush()
    except OSError as error:
        return str(error.strerror) if error.errno in NO_ROOM else ""
    return ""

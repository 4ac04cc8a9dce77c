"""All processes of a trial: its process group, and every process with its environment.

A process that leaves the group, as workers of some launchers do, still has the variable that says
where the trial's files go. So it is found, also after the tuner itself was killed.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil

from tuner.external.script_api import OUT

GRACE_SECONDS = 10.0
"""Seconds between the request to end and the kill."""

ROUNDS = 20
"""A process may start others while it is being ended, so one pass is not enough."""

QUIET_LOOKS, SETTLE_SECONDS = 2, 0.05
"""One empty pass is not enough either: a process that calls exec has no environment for a
moment."""


def end_process_tree(out: str, group: int | None = None, grace: float = GRACE_SECONDS) -> int:
    """Ends every process of a trial, first politely, and waits until none is left.

    The exit code of a child of this process that is ended here is lost.

    Args:
        out: The trial's folder, as the processes have it in their environment.
        group: The process group that the trial's command leads.
        grace: Seconds that the processes have to end by themselves.

    Returns:
        How many there were.
    """
    found = _members(out, group)
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    psutil.wait_procs(found, timeout=grace)
    quiet = 0 if found else 1
    for _ in range(ROUNDS):
        if quiet:
            time.sleep(SETTLE_SECONDS)
        stubborn = _members(out, group)
        quiet = 0 if stubborn else quiet + 1
        if quiet == QUIET_LOOKS:
            break
        for process in stubborn:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(stubborn, timeout=grace)
    return len(found)


def _members(out: str, group: int | None) -> list[psutil.Process]:
    return [each for each in psutil.process_iter() if _belongs(each, out, group)]


def _belongs(process: psutil.Process, out: str, group: int | None) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        of_group = group is not None and _group_of(process.pid) == group
        belongs = of_group or process.environ().get(OUT) == out
        return belongs and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):  # it has ended, or belongs to another user
        return False


def _group_of(pid: int) -> int | None:
    return os.getpgid(pid) if hasattr(os, "getpgid") else None

"""The forwarder as a program: `python -m tuner.tracking.program FOLDER PARENT_PID [URI]`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tuner.errors.exits import mask_tracebacks
from tuner.tracking.forwarder import follow_until_parent_ends


def main(arguments: list[str]) -> None:
    """Forwards at low priority; ignores Ctrl-C, which is meant for the process that trains."""
    mask_tracebacks()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)
    folder, parent_pid, *uri = arguments
    follow_until_parent_ends(Path(folder), uri[0] if uri else None, int(parent_pid))


if __name__ == "__main__":
    main(sys.argv[1:])

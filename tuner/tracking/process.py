"""Sends the journal to MLflow from a process of its own, beside the training.

MLflow's imports, its database and its waits then never delay a training step. Where the forwarder
dies nothing is lost: the journal has everything, `tuner sync` sends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from tuner.results.events import Event, StudyOpened

DRAIN_SECONDS = 60.0
"""Seconds that a finished study waits until MLflow has everything."""


class MlflowProcess:
    """A listener that starts a forwarder when the study is opened.

    Args:
        folder: The study's folder.
        home: Working directory of the forwarder, where MLflow's default store lies.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, event: Event) -> None:
        """Starts the forwarder when the study is opened; it reads all events from the journal."""
        if isinstance(event, StudyOpened) and self._process is None:
            self._start()

    def _start(self) -> None:
        # -P: a file mlflow.py of the user must not be imported in place of MLflow.
        command = [
            sys.executable, "-P", "-m", "tuner.tracking.program",
            str(self._folder), str(os.getpid()),
        ]  # fmt: skip
        with (self._folder / "mlflow.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Waits until MLflow has everything; False where it does not within the time."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return self._process.returncode == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Drains a finished study; after an interruption the forwarder ends by itself."""
        if kind is None:
            self.drain()

"""Feeds MLflow from the journal in a process of its own, beside the training.

MLflow's imports, its database and its waits then never hold up a training step, and a
forwarder that dies takes nothing with it: the journal has everything, `tuner sync` sends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tuner.events import Event, StudyOpened

DRAIN_SECONDS = 60.0
"""How long a finished study waits for what MLflow has not taken yet."""


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
        """Starts the forwarder; whatever else is told it reads in the journal."""
        if isinstance(event, StudyOpened) and self._process is None:
            self._start()

    def _start(self) -> None:
        # -P: a file of the user's that is called mlflow.py must not stand in for MLflow.
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """A finished study is drained; an interrupted one leaves the forwarder to end by itself."""
        if kind is None:
            self.drain()

"""Sends the journal to MLflow from a process of its own, beside the training.

MLflow's imports, its database and its waits then never delay a training step. Where the forwarder
dies nothing is lost: the journal has everything, `tuner sync` sends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from tuner.results.events import Event, StudyOpened
from tuner.results.progress import Activity, Notify, ignore_progress

DRAIN_SECONDS = 60.0
"""Seconds that a finished study waits until MLflow has everything."""


LOOK = 0.5
"""Seconds between two looks at what MLflow has."""

MLFLOW = "MLflow"


class MlflowProcess:
    """A listener that starts a forwarder when the study is opened.

    Args:
        folder: The study's folder.
        home: Working directory of the forwarder, where MLflow's default store lies.
        notify: Is called while a finished study waits for MLflow.
    """

    def __init__(self, folder: Path, home: Path, notify: Notify = ignore_progress) -> None:
        self._folder = folder
        self._home = home
        self._notify = notify
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
        for _ in range(max(1, round(seconds / LOOK))):
            self._notify(self._what_is_sent())
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(seconds, LOOK))
                break
        self._notify(Activity(MLFLOW, 1, 1))
        return self._process.returncode == 0

    def _what_is_sent(self) -> Activity:
        """How many events MLflow has; never all, since the forwarder has not ended."""
        from tuner.tracking.sync_state import last_report

        report = last_report(self._folder)
        if report is None:
            return Activity(MLFLOW, 0, 1)
        total = report.sent + report.pending
        return Activity(MLFLOW, min(report.sent, total - 1), total, "events")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Drains a finished study; after an interruption the forwarder ends by itself."""
        if kind is None:
            self.drain()

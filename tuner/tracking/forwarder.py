"""Sends the journal to MLflow, beside the training and without delaying it.

    journal -> entries after the acknowledged offset -> one update a run -> MLflow -> offset

The offset is written only after MLflow has the entries, and everything may be sent twice. So
nothing is lost when this process is killed, and nothing is there twice when it starts again.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from tuner.errors import StudyNotFound, masking
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import HistoryBuilder
from tuner.journal.journal_file import count_entries, last_event, read_entries
from tuner.results.events import OF_THE_STUDY, StudyOpened
from tuner.tracking.batcher import MetricBatcher
from tuner.tracking.client import TrackingClient
from tuner.tracking.environment import logging_to
from tuner.tracking.experiment import default_uri
from tuner.tracking.sync_state import (
    SyncReport,
    SyncState,
    read_sync_state,
    report_of,
    state_path,
    write_sync_state,
)
from tuner.tracking.unavailable import TrackingUnavailable
from tuner.tracking.writer import MlflowWriter

BATCH = 2000  # entries that are acknowledged together
POLL = 3.0  # seconds between two looks at the journal
LONGEST_PAUSE = 60.0  # seconds between two tries while MLflow is away
SLICE = 0.25  # seconds after which a waiting forwarder looks whether it is over


def forward(
    folder: Path,
    tracking_uri: str | None,
    follow: Callable[[], bool],
    *,
    wait: Callable[[float], None] = time.sleep,
) -> SyncReport:
    """Sends a study's journal to MLflow, from where an earlier call stopped.

    Args:
        folder: The study's folder.
        tracking_uri: Where MLflow keeps its runs; None for MLflow's own default.
        follow: Whether the journal is still being written. While it is true, new entries are sent
            as they come, and an MLflow that is away is retried. Once it is false the rest is sent
            in one last try, and trials that have not ended are marked as interrupted.
        wait: Sleeps for some seconds.

    Returns:
        What was sent and what was not; an MLflow that is away is reported, never raised.

    Raises:
        StudyNotFound: There is no such folder.
        StorageError: The journal or this folder cannot be used.
    """
    if not folder.is_dir():
        raise StudyNotFound(f"{folder}: there is no such study")
    with logging_to(folder / "mlflow.log"), Forwarder(folder, tracking_uri) as forwarder:
        pause = POLL
        while True:
            alive = follow()
            delivered = forwarder.deliver(alive=alive)
            if not alive:
                return forwarder.report()
            pause = POLL if delivered else min(LONGEST_PAUSE, 2 * pause)
            _wait(pause, follow, wait)


def follow_until_parent_ends(folder: Path, tracking_uri: str | None, parent_pid: int) -> SyncReport:
    """Forwards until a process is gone or the study is finished; says nothing on the terminal.

    Start it after `StudyOpened` is in the journal: a study that was finished before and is not
    opened again yet looks finished.

    Args:
        folder: The study's folder.
        tracking_uri: As in `forward`.
        parent_pid: The process that trains.
    """
    child = os.getppid() == parent_pid
    with (
        (folder / "mlflow.log").open("a", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        return forward(
            folder,
            tracking_uri,
            lambda: last_event(folder) != "study finished" and _lives(parent_pid, child=child),
        )


class Forwarder:
    """Sends one study to one MLflow."""

    def __init__(self, folder: Path, tracking_uri: str | None) -> None:
        self._folder = folder
        in_use = default_uri()
        self._uri = tracking_uri or in_use
        masking.register(self._uri)
        self._elsewhere = self._uri != in_use
        self._path = state_path(folder, self._uri)
        self._lock = FileLock(folder / f".{self._path.stem}.lock")
        self._state = read_sync_state(self._path)
        self._sent = 0
        self._tracking: TrackingClient | None = None
        self._history_builder, self._batcher = HistoryBuilder(), MetricBatcher()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def report(self) -> SyncReport:
        """How far this forwarder came."""
        return report_of(self._state, self._sent, count_entries(self._folder, self._state.offset))

    def deliver(self, *, alive: bool) -> bool:
        """Sends everything that is there; False where MLflow does not take it."""
        try:
            self._send_news(alive=alive)
        except TrackingUnavailable as error:
            self._tracking = None
            self._remember(replace(self._state, problem=str(error)))
            return False
        self._remember(replace(self._state, problem=""))
        return True

    def _send_news(self, *, alive: bool) -> None:
        tracking = self._tracking or self._connect()
        if tracking is None:
            return
        entries = read_entries(self._folder, self._state.offset)
        while batch := list(islice(entries, BATCH)):
            for entry in batch:
                self._history_builder.add(entry)
            delivery = MlflowWriter(tracking, self._folder, self._history(alive=alive), alive)
            delivery.send(batch, self._batcher.sort(batch, delivery.history))
            self._sent += len(batch)
            self._remember(
                SyncState(batch[-1].offset_after, tracking.experiment_id, delivery.parent.run_id)
            )
        MlflowWriter(tracking, self._folder, self._history(alive=alive), alive).reconcile()

    def _connect(self) -> TrackingClient | None:
        """Connects to MLflow and reads what it has; None where the study was not opened yet."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TrackingUnavailable(
                "another process is sending the record of this study"
            ) from None
        opened = next(_openings(self._folder), None)
        if opened is None:
            return None
        tracking = TrackingClient(self._uri, opened.study, opened.uid)
        self._state = read_sync_state(self._path)
        if tracking.find(OF_THE_STUDY) is None:
            self._state = SyncState()
        self._remember_what_was_sent()
        sent = self._history_builder.history()
        if sent and any(tracking.find(number) is None for number in sent.trials):
            self._state = SyncState()  # runs were removed in MLflow: everything is sent again
            self._remember_what_was_sent()
        self._tracking = tracking
        return tracking

    def _remember_what_was_sent(self) -> None:
        """Reads the journal up to the acknowledged offset."""
        self._history_builder, self._batcher = HistoryBuilder(), MetricBatcher()
        for entry in read_entries(self._folder):
            if entry.offset_after > self._state.offset:
                break
            self._history_builder.add(entry)
            self._batcher.remember(entry)

    def _history(self, *, alive: bool) -> StudyHistory:
        history = self._history_builder.history()
        assert history is not None, "a study is opened before anything else is told"
        if alive:
            return history
        ended = dict.fromkeys(history.running, history.last)
        return replace(history, running={}, stopped={**history.stopped, **ended})

    def _remember(self, state: SyncState) -> None:
        state = replace(state, elsewhere=self._elsewhere)
        if state != self._state:
            write_sync_state(self._path, state)
        self._state = state


def _openings(folder: Path) -> Iterator[StudyOpened]:
    for entry in read_entries(folder):
        if isinstance(entry.event, StudyOpened):
            yield entry.event


def _wait(seconds: float, follow: Callable[[], bool], wait: Callable[[float], None]) -> None:
    for _ in range(math.ceil(seconds / SLICE)):
        if not follow():
            return
        wait(SLICE)


def _lives(pid: int, *, child: bool) -> bool:
    if child:  # the number of an ended parent may be reused
        return os.getppid() == pid
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

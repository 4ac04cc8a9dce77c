"""How far MLflow has caught up with a journal, kept in a file of the study's folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StorageError
from tuner.files.atomic import write_whole
from tuner.journal.journal_file import count_entries
from tuner.tracking.leaderboard import leaderboard_path


@dataclass(frozen=True)
class SyncReport:
    """How far MLflow has caught up with a study.

    Attributes:
        sent: Entries of the journal that were sent by this call.
        pending: Entries that MLflow does not have yet.
        experiment_id: MLflow's id of the study's experiment; None before it was made.
        parent_run_id: MLflow's id of the study's run; None before it was made.
        link_path: Path of the leaderboard, to append to a server's address.
        problem: Why MLflow does not have everything, one sentence; empty where it has.
    """

    sent: int
    pending: int
    experiment_id: str | None
    parent_run_id: str | None
    link_path: str | None
    problem: str = ""


@dataclass(frozen=True)
class SyncState:
    """The state between two calls."""

    offset: int = 0
    experiment_id: str | None = None
    parent_run_id: str | None = None
    problem: str = ""
    elsewhere: bool = False
    """Whether it was sent to an MLflow that was named for one call, not to the one in use."""


def state_path(folder: Path, uri: str) -> Path:
    """Where the state of one study on one MLflow is kept; a tracking URI may hold a password."""
    return folder / f"mlflow-{hashlib.sha256(uri.encode()).hexdigest()[:12]}.json"


def last_report(folder: Path) -> SyncReport | None:
    """How far the MLflow in use has caught up, as recorded; None where nothing was sent."""
    files = sorted(folder.glob("mlflow-*.json"), key=lambda path: path.stat().st_mtime)
    states = [state for state in map(read_sync_state, files) if not state.elsewhere]
    if not states:
        return None
    state = states[-1]
    pending = count_entries(folder, state.offset)
    return report_of(state, count_entries(folder) - pending, pending)


def read_sync_state(path: Path) -> SyncState:
    """The state of an earlier call; where it is lost or damaged, everything is sent again."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("version") == 1:
            return SyncState(**fields)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        pass
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error
    return SyncState()


def report_of(state: SyncState, sent: int, pending: int) -> SyncReport:
    """The report of a state."""
    experiment = state.experiment_id
    link = f"/{leaderboard_path(experiment)}" if experiment else None
    return SyncReport(sent, pending, experiment, state.parent_run_id, link, state.problem)


def write_sync_state(path: Path, state: SyncState) -> None:
    """Writes a state as a whole or not at all.

    Raises:
        StorageError: The folder cannot be written.
    """
    write_whole(path, json.dumps({"version": 1, **vars(state)}))

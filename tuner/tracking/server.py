"""Opens MLflow's page: finds the server in use, or starts one on the local store.

The server listens on the loopback interface only. MLflow's background jobs stay off: they cost
eight processes and more than a gigabyte of memory, and a study does not use them.
"""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from tuner.errors import StorageError
from tuner.errors.masking import copy_masked, masked
from tuner.errors.threads import Thread
from tuner.journal.history_builder import read_history
from tuner.journal.workspace import Workspace
from tuner.tracking import landing
from tuner.tracking.local_database import one_at_a_time
from tuner.tracking.sync_state import last_report

HOST = "127.0.0.1"
START_SECONDS = 90.0
STOP_SECONDS = 10.0
PORTS_TO_TRY = 50
RACES_TO_LOSE = 5
TAKEN = os.strerror(errno.EADDRINUSE).lower()


@dataclass(frozen=True)
class Page:
    """A page of MLflow, as paths below a server's address.

    Attributes:
        anywhere: On any server of MLflow.
        here: On a server of ours, which sets the browser up for it first.
    """

    anywhere: str = "/"
    here: str = landing.PATH


def serve(
    home: Path, page: Page, port: int, open_browser: bool, say: Callable[[str], None]
) -> None:
    """Opens MLflow on a page, and keeps a server that it started until Ctrl-C.

    Args:
        home: The working directory, where MLflow's default store lies.
        page: What to open.
        port: The first port to try.
        say: Called with the link.

    Raises:
        StorageError: The server does not start, or does not answer.
    """
    remote = os.environ.get("MLFLOW_TRACKING_URI", "")
    if remote.startswith(("http://", "https://")):
        base = remote.rstrip("/")
        _open(base + (page.here if _has_our_page(base) else page.anywhere), open_browser, say)
        return
    with running_server(home, port) as base:
        path = page.here if landing.is_installed() else page.anywhere
        _open(base + path, open_browser, say)
        say("MLflow runs until Ctrl-C")
        _until_interrupted()


def page_of(folder: Path) -> Page:
    """The page of a study: its leaderboard.

    Raises:
        StudyNotFound: There is no such study.
        StorageError: MLflow has nothing of it yet.
    """
    read_history(folder)
    report = last_report(folder)
    if report is None or report.link_path is None:
        raise StorageError(
            f"MLflow has nothing of '{folder.name}' yet (send it: "
            f"{Workspace(folder.parent.parent).command('sync', folder.name)})"
        )
    return Page(report.link_path, f"{landing.PATH}?experiment={report.experiment_id}")


@contextmanager
def running_server(home: Path, port: int) -> Iterator[str]:
    """An MLflow server on the store of a working directory, for as long as needed.

    Yields:
        Its address, such as `http://127.0.0.1:5000`.
    """
    log = home / "tuner-runs" / "mlflow-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    base, server = _started(home, port, log)
    try:
        yield base
    finally:
        server.end()


def free_port(first: int) -> int:
    """The first free port from `first` on.

    Raises:
        StorageError: None of fifty is free.
    """
    for port in range(first, min(first + PORTS_TO_TRY, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise StorageError(f"--port {first}: none of the {PORTS_TO_TRY} ports from it on is free")


def _started(home: Path, port: int, log: Path) -> tuple[str, _Server]:
    """A server that answers, on the next port where another program was faster."""
    for _ in range(RACES_TO_LOSE):
        port = free_port(port)
        before = log.stat().st_size if log.exists() else 0
        base, server = f"http://{HOST}:{port}", _start(home, port, log)
        try:
            if _answers(base, server):
                return base, server
        except BaseException:
            server.end()
            raise
        server.end()
        said = log.read_bytes()[before:].decode(errors="replace").strip() or "nothing"
        if TAKEN not in said.lower():
            break
        port += 1
    raise StorageError(f"MLflow's server did not start; {log} ends with: {said.splitlines()[-1]}")


def _start(home: Path, port: int, log: Path) -> _Server:
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port),
        "--workers", "1", *(["--app-name", landing.APP] if landing.is_installed() else []),
    ]  # fmt: skip
    store = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not store:
        store = f"sqlite:///{home / 'mlflow.db'}"
        with one_at_a_time(store):
            pass  # a server that is ended at once would leave half a database
    quiet = {
        "MLFLOW_BACKEND_STORE_URI": store,  # every user of the machine can read a command line
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONSAFEPATH": "1",  # a file mlflow.py of the user is not imported
    }
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=home, env={**os.environ, **quiet}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return _Server(process, log)


class _Server:
    """MLflow's server, whose output goes into a log without secrets."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._copying = Thread(self._copy, (log,), "mlflow log")
        try:
            self._copying.start()
        except BaseException:
            process.kill()
            process.wait()
            raise

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Ends it, and waits until the log is whole."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._copying.join(STOP_SECONDS)

    def _copy(self, log: Path) -> None:
        assert self._process.stdout is not None, "it is a pipe"
        with log.open("ab", buffering=0) as file, self._process.stdout as output:
            copy_masked(output, file)


def _answers(base: str, server: _Server) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not server.ended:
        try:
            with urllib.request.urlopen(f"{base}/health", timeout=2):  # noqa: S310 - loopback
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def _has_our_page(base: str) -> bool:
    """Whether a server elsewhere has our page, as the one of `docker-compose.yml` has."""
    try:
        with urllib.request.urlopen(base + landing.PATH, timeout=5) as reply:  # noqa: S310 - http
            return landing.MARK.encode() in reply.read()
    except (OSError, HTTPException, ValueError):
        return False


def _until_interrupted() -> None:
    while True:
        time.sleep(3600)


def _open(link: str, open_browser: bool, say: Callable[[str], None]) -> None:
    say(masked(link))
    if open_browser:
        webbrowser.open(link)

"""A real PostgreSQL server for tests and benchmarks: its own folder, a free port, no password.

PostgreSQL refuses to run as root, so root starts it as `nobody`, who owns nothing else. Data is
thrown away at the end, so the server may forget it when the machine loses power. A guard ends the
server also where this process is killed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs, one folder for each version."""
NOT_FOUND = (
    "this needs PostgreSQL's programs (pg_ctl, initdb), which were found neither in PATH nor in "
    "/usr/lib/postgresql (Debian: apt-get install postgresql)"
)
PATIENCE = "60"
"""Seconds to wait for a start or a stop."""
SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
full_page_writes = off
max_connections = 200
"""
"""A commit reaches the system, not the disk: what a killed server committed is still there."""
TRIES = 5
"""Another program may take a free port before the server does."""
GUARD = """\
read -r _
[ ! -e "$2/postmaster.pid" ] || "$0" -D "$2" -m immediate -w stop
rm -rf "$1"
"""
"""Waits until its input ends, as it does with the process at its other end; then removes all."""


class Account(TypedDict, total=False):
    """Whom `subprocess` shall be; empty where that is the user of this process."""

    user: int
    group: int
    extra_groups: list[int]


class PostgresServer:
    """A server on 127.0.0.1 that can be stopped, killed and started again on its port and data."""

    def __init__(self, folder: Path, programs: Path, account: Account, superuser: str) -> None:
        self.port = 0
        self.data = folder / "data"
        self._superuser = superuser
        self._folder = folder
        self._programs = programs
        self._account = account

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as SQLAlchemy and Optuna take it."""
        return f"postgresql+psycopg://{self._superuser}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Creates an empty database; returns its address."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self._superuser,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Returns once the server takes connections; the second start has the port of the first.

        Raises:
            RuntimeError: it did not start; the text has the server's log.
        """
        for _ in range(TRIES):
            port = self.port or _free_port()
            options = ("-l", str(self._log), "-o", f"-p {port}")
            if self._run("pg_ctl", *options, "start").returncode == 0:
                self.port = port
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}")

    def stop(self) -> None:
        """Ends every connection, writes everything down, and stops; nothing if it is stopped."""
        self._end("fast")

    def kill(self) -> None:
        """Stops as in a crash: nothing is written down, and the next start recovers."""
        self._end("immediate")

    def create(self) -> None:
        """Makes the empty data folder.

        Raises:
            RuntimeError: it cannot be made; the text says what `initdb` said.
        """
        options = (
            "--auth=trust",
            f"--username={self._superuser}",
            "--encoding=UTF8",
            "--no-locale",
        )
        made = self._run("initdb", *options, "--no-sync")
        if made.returncode != 0:
            raise RuntimeError(f"PostgreSQL's data folder was not made:\n{made.stderr}")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Ends the server afterwards, also where this process is killed before."""
        words = [str(self._programs / "pg_ctl"), str(self._folder), str(self.data)]
        with subprocess.Popen(
            ["/bin/sh", "-c", GUARD, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # `timeout` ends the whole group of pytest
            **self._account,
        ):
            yield

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    def _end(self, mode: str) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-m", mode, "stop")

    def _run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        # The server outlives pg_ctl, so it must not inherit a pipe that is read to its end.
        waiting = ("-w", "-t", PATIENCE) if program == "pg_ctl" else ()
        with tempfile.TemporaryFile("w+") as said:
            ended = subprocess.run(
                [str(self._programs / program), "-D", str(self.data), *waiting, *options],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self._folder,
                env={"PATH": os.defpath, "HOME": str(self._folder), "LC_ALL": "C"},
                text=True,
                check=False,
                **self._account,
            )
            said.seek(0)
            ended.stderr = said.read()
            return ended


@contextmanager
def postgres_server(
    folder: Path | None = None, superuser: str = "tuner"
) -> Iterator[PostgresServer]:
    """A running server; stopped, and its folder removed, at the end.

    Args:
        folder: where to make the server's own folder, by default where temporary files go. Every
            account must be able to pass through it if root runs this.
        superuser: who may do everything, and needs no password.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
        RuntimeError: it did not start.
    """
    programs = find_programs()
    account = _account()
    own = Path(tempfile.mkdtemp(prefix="tuner-postgres-", dir=folder))
    server = PostgresServer(own, programs, account, superuser)
    try:
        if account:
            os.chown(own, account["user"], account["group"])
        with server.guarded():
            server.create()
            server.start()
            yield server
    finally:
        shutil.rmtree(own, ignore_errors=True)


def find_programs() -> Path:
    """The folder of PostgreSQL's programs: as in PATH, else the newest that Debian installed.

    Raises:
        FileNotFoundError: there is none.
    """
    in_path = shutil.which("pg_ctl")
    if in_path:
        return Path(in_path).resolve().parent
    installed = [path.parent for path in INSTALLED.glob("*/bin/pg_ctl")]
    if not installed:
        raise FileNotFoundError(NOT_FOUND)
    return max(installed, key=lambda programs: int(programs.parent.name))


def _account() -> Account:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as looking:
        looking.bind(("127.0.0.1", 0))
        return int(looking.getsockname()[1])

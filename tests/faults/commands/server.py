"""Runs commands of the tuner as processes, by a server that forks them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_study import surroundings

TESTS = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: Negative for a signal.
        output: What it printed.
        complaints: What it printed on stderr.
        left: Temporary files of it.
    """

    code: int
    output: str
    complaints: str
    left: tuple[str, ...]


class Running:
    """A command that goes on."""

    def __init__(self, server: "CommandServer", pid: int, said: Path) -> None:
        self.pid = pid
        self._server, self._said = server, said

    def go_on(self) -> None:
        """Wakes it where it holds still."""
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> Ended | None:
        """Waits for its end; None where it holds still."""
        code = self._server.ask({"wait": self.pid})
        if code == "stopped":
            return None
        return Ended(
            code,
            (self._said / "output").read_text(),
            (self._said / "complaints").read_text(),
            tuple(file.name for file in (self._said / "temporary").iterdir()),
        )


class CommandServer:
    """Starts commands in a working directory."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(
        self,
        home: Path,
        *words: str,
        fault: tuple | None = None,
        evaluated: bool = False,
        program: str = "tuner",
        **environment: str,
    ) -> Running:
        """Starts a command.

        Args:
            fault: Boundary, its number, what breaks, and arguments of that; see `breaking`.
            evaluated: Whether a function scores trials in place of training.
            program: `tuner`, or `worker` for one that evaluates.
            environment: Variables beside those of this process.
        """
        said = Path(tempfile.mkdtemp(prefix="said-", dir=home.parent))
        (said / "temporary").mkdir()
        asked = {
            "words": words,
            "home": str(home),
            "said": str(said),
            "environment": {"TMPDIR": str(said / "temporary"), **environment},
            "fault": fault,
            "evaluated": evaluated,
            "program": program,
        }
        return Running(self, self.ask(asked), said)

    def run(self, home: Path, *words: str, **how: Any) -> Ended:
        """Runs a command to its end.

        Raises:
            RuntimeError: It holds still.
        """
        ended = self.start(home, *words, **how).wait()
        if ended is None:
            raise RuntimeError("it holds still")
        return ended

    def ask(self, request: dict[str, Any]) -> Any:
        """Sends a request, and returns its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextmanager
def command_server(*homes: str) -> Iterator[CommandServer]:
    """A server that is ready.

    Args:
        homes: Working directories of studies that it runs first, so that all is loaded.
    """
    path = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "faults.commands.fork_server", *homes],
        env=surroundings(PYTHONPATH=path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        server = CommandServer(process)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == "ready"
        yield server
        assert process.stdin is not None
        process.stdin.close()

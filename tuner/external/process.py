"""Runs one command of a trial to its end, to its time limit, or until the study is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Literal

from tuner.errors import is_lack_of_memory
from tuner.errors.threads import Thread
from tuner.external.failure import TrialFailed
from tuner.external.output import Output
from tuner.external.process_tree import GRACE_SECONDS, end_process_tree
from tuner.external.script_api import OUT
from tuner.wording import duration

LAST_LINES = 20
LONGEST_REMARK = 300
PULSE_SECONDS = 1.0
PIPE_SECONDS = 5.0

News = Literal["ended", "stop"]


class ProcessEnded(Exception):
    """The study is being stopped."""


class StopSignal:
    """Asks every running command to end."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inboxes: list[SimpleQueue[News]] = []
        self._asked = False

    def ask(self) -> None:
        """Asks all commands to end, also those that have not begun."""
        with self._lock:
            self._asked = True
            for inbox in self._inboxes:
                inbox.put("stop")

    def check(self) -> None:
        """Call it before anything is begun.

        Raises:
            ProcessEnded: All commands were asked to end.
        """
        if self._asked:
            raise ProcessEnded

    @contextmanager
    def heard_in(self, inbox: SimpleQueue[News]) -> Iterator[None]:
        """Puts the request to stop into an inbox."""
        with self._lock:
            self.check()
            self._inboxes.append(inbox)
        try:
            yield
        finally:
            with self._lock:
                self._inboxes.remove(inbox)


@dataclass(frozen=True)
class Command:
    """A command to run.

    Attributes:
        words: The program and its arguments.
        environment: The whole environment; says where the trial's files go.
        log: The file that keeps its output.
    """

    words: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    log: Path

    @property
    def name(self) -> str:
        """Its name in sentences."""
        return f"'{' '.join(Path(word).name for word in self.words[:2])}'"


def run_command(
    command: Command,
    stop: StopSignal,
    deadline: float | None = None,
    on_line: Callable[[str], None] | None = None,
    pulse: Callable[[], None] = lambda: None,
    grace: float = GRACE_SECONDS,
) -> None:
    """Runs a command, and ends everything that it leaves behind.

    Args:
        deadline: Latest end, on the monotonic clock.
        on_line: Called with the lines of its output as they come, on another thread.
        pulse: Called about once a second while it runs.
        grace: Seconds between the request to end and the end.

    Raises:
        TrialFailed: It could not be started, failed, or took too long.
        ProcessEnded: The study is being stopped.
    """
    began = time.monotonic()
    output = Output(command.log, on_line)
    try:
        news, code = _run(command, output, stop, deadline, pulse, grace)
    finally:
        output.close()
    took = f"after {duration(time.monotonic() - began)}"
    if news == "stop":
        raise ProcessEnded
    if news is None:
        raise _failed(f"{command.name} reached its time limit and was ended {took}", output)
    if code:
        raise _failed(f"{command.name} {_how(code)} {took}", output)


def _run(
    command: Command,
    output: Output,
    stop: StopSignal,
    deadline: float | None,
    pulse: Callable[[], None],
    grace: float,
) -> tuple[News | None, int]:
    """What ended it, None for the time limit, and its exit code."""
    inbox: SimpleQueue[News] = SimpleQueue()
    with stop.heard_in(inbox):
        process, pump = _start(command, output)
        try:
            Thread(_wait, (process, inbox)).start()
            news = _first_news(inbox, deadline, pulse)
        finally:
            end_process_tree(command.environment[OUT], process.pid, grace)
            process.wait()
            # A process that is not known may still hold the pipe; do not wait for it.
            pump.join(PIPE_SECONDS)
    return news, process.returncode


def _start(command: Command, output: Output) -> tuple[subprocess.Popen[bytes], Thread]:
    ours, theirs = os.pipe()
    try:
        pump = _begin_to_read(output, ours)
        process = subprocess.Popen(  # noqa: S603 - the user's own command, never a shell
            list(command.words),
            cwd=command.cwd,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        if is_lack_of_memory(error):
            raise
        raise TrialFailed(f"{command.name} cannot be started ({error.strerror})") from error
    finally:
        os.close(theirs)
    return process, pump


def _begin_to_read(output: Output, pipe: int) -> Thread:
    """Reads until no process can write into the pipe."""
    pump = Thread(output.read_all, (pipe,))
    try:
        pump.start()
    except BaseException:
        os.close(pipe)
        raise
    return pump


def _wait(process: subprocess.Popen[bytes], inbox: SimpleQueue[News]) -> None:
    process.wait()
    inbox.put("ended")


def _first_news(
    inbox: SimpleQueue[News], deadline: float | None, pulse: Callable[[], None]
) -> News | None:
    """The first message; None where the deadline comes before."""
    while True:
        left = PULSE_SECONDS if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return None
        try:
            return inbox.get(timeout=min(left, PULSE_SECONDS))
        except Empty:
            pulse()


def _how(code: int) -> str:
    if code > 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"


def _failed(what: str, output: Output) -> TrialFailed:
    lines = output.last_lines(LAST_LINES)
    said = f"; its last line: {lines[-1][:LONGEST_REMARK]}" if lines else "; it printed nothing"
    return TrialFailed(f"{what}{said}", lines)

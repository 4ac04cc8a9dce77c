"""Keeps worker processes running: one for each GPU, or some on the CPU, and one syncer for MLflow.

A child that dies is started again, with longer pauses while it keeps dying. A signal to the
supervisor reaches its children: the first one drains them, the second one ends them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from tuner.errors.exits import requests_to_end
from tuner.results.progress import Say

TICK = 0.2
"""Seconds between two looks at the children."""

PAUSES = (1.0, 5.0, 30.0, 120.0)
"""Seconds before a child that died is started again; the last value repeats."""

STABLE_SECONDS = 60.0
"""Seconds after which an earlier death of a child is forgotten."""

AT_ONCE = 10.0
"""Seconds that children have after the second signal."""


@dataclass(frozen=True)
class ProcessSpec:
    """A process that is kept running.

    Attributes:
        name: For people, such as `worker on GPU 1`.
        command: Starts the process.
        environment: Variables that differ from the supervisor's.
        serves: Whether it is a worker; when all workers have ended, the others are ended, too.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    serves: bool = True


@dataclass
class _Child:
    """A process of a spec, or when it is started again."""

    process_spec: ProcessSpec
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    next_try: float = 0.0
    left: bool = False


@dataclass
class Supervisor:
    """Keeps processes running until the work is done or a signal comes.

    Attributes:
        say: Called with a sentence when a process begins, dies or ends.
    """

    process_specs: Sequence[ProcessSpec]
    say: Say
    _signals: int = 0
    _children: list[_Child] = field(default_factory=list)

    def run(self) -> bool:
        """Returns when all workers have ended; True if a signal ended them."""
        signals = requests_to_end()
        before = [signal.signal(number, self._count) for number in signals]
        self._children = [_Child(process_spec) for process_spec in self.process_specs]
        try:
            while not self._signals and not self._are_done():
                self._start_missing()
                time.sleep(TICK)
            self._end()
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)
        return self._signals > 0

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _are_done(self) -> bool:
        return all(child.left for child in self._children if child.process_spec.serves)

    def _start_missing(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, child.process.returncode, now)
            if child.process is None and not child.left and now >= child.next_try:
                self._start(child, now)

    def _start(self, child: _Child, now: float) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own modules
            child.process_spec.command,
            env={**os.environ, **child.process_spec.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C reaches it through us
        )
        child.began = now
        self.say(f"{child.process_spec.name} began (process {child.process.pid})")

    def _note_end(self, child: _Child, code: int, now: float) -> None:
        child.process = None
        if code == 0:
            child.left = True
            self.say(f"{child.process_spec.name} is done")
            return
        child.deaths = 1 if now - child.began > STABLE_SECONDS else child.deaths + 1
        pause = PAUSES[min(child.deaths, len(PAUSES)) - 1]
        child.next_try = now + pause
        self.say(f"{child.process_spec.name} died ({_how(code)}); it begins again in {pause:.0f} s")

    def _end(self) -> None:
        if self._signals:
            self.say("draining: what is begun is kept and handed back (a second signal ends it)")
        workers = [child for child in self._children if child.process_spec.serves]
        self._terminate(workers)
        self._terminate(self._children)  # the syncer last: it sends the last events of the workers

    def _terminate(self, children: Sequence[_Child]) -> None:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            process.terminate()
        told, at_latest = 1, float("inf")
        while any(process.poll() is None for process in running):
            if self._signals > told:
                told, at_latest = self._signals, time.monotonic() + AT_ONCE
                for process in running:
                    process.terminate()
            if time.monotonic() > at_latest:
                for process in running:
                    process.kill()
            time.sleep(TICK)


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs our module, and never a file of that name in the working directory."""
    return [sys.executable, "-P", "-m", name, *arguments]

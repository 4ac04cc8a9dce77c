"""A tuner that has loaded everything and forks: its commands begin within milliseconds.

    python -m faults.commands.fork_server [HOME ...], then a line of JSON for each request

Each command is a process of its own, with its own signals, limits and exit code. The studies of the
given working directories are run first, by the server itself: what they load is then there.
"""

import json
import os
import resource
import signal
import sys
from contextlib import chdir, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import torch
from faults.commands.breaking import break_at
from faults.studies import scores_of

import tuner.runner.run
from tuner.cli import main as tuner_command
from tuner.results.events import TrainingPrepared
from tuner.runner.trainers import FunctionTrainer, make_trainer

RUN = ("run", "--study", "small.yaml", "--no-record")

LONGEST = 120
"""Seconds after which a command counts as hanging."""


def serve() -> None:
    """Answers requests until the input ends."""
    for home in map(Path, sys.argv[1:]):
        with chdir(home), redirect_stdout(StringIO()):
            _warm_up(evaluated=not (home / "photos").exists())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    _answer("ready")
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        if "wait" in asked:
            _answer(_wait(asked["wait"]))
            continue
        pid = os.fork()
        if pid == 0:
            _run(**asked)
            return
        _answer(pid)


def _answer(answer: int | str) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _warm_up(*, evaluated: bool) -> None:
    torch.set_num_threads(1)
    _choose_trainer(evaluated=evaluated)
    sys.argv = ["tuner", *RUN]
    with suppress(SystemExit):
        tuner_command()


def _wait(pid: int) -> int | str:
    """Exit code of a command, negative for a signal; `stopped` where it holds still."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    return "stopped" if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def _run(
    words: list[str],
    home: str,
    said: str,
    environment: dict[str, str],
    fault: list | None,
    *,
    evaluated: bool,
) -> None:
    """Is the command, in the forked process; ends it as Python ends a program."""
    signal.alarm(LONGEST)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(home)
    os.environ.update(environment)
    for number, name in ((0, os.devnull), (1, f"{said}/output"), (2, f"{said}/complaints")):
        Path(name).touch()
        handle = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
    sys.argv = ["tuner", *words]
    _choose_trainer(evaluated=evaluated)
    if fault is not None:
        break_at(Path(home), *fault)
    tuner_command()


class _Evaluator(FunctionTrainer):
    """Scores trials, and is the built-in trainer for all that the journal says."""

    def make_ready(self) -> None:
        if not self._is_ready:
            self._record(TrainingPrepared(facts={"trainer": "builtin"}))
            self._is_ready = True


def _evaluate(_spec, _folder, _cache, _earlier, recorder, **_rest):
    return _Evaluator(scores_of, recorder)


def _choose_trainer(*, evaluated: bool) -> None:
    tuner.runner.run.make_trainer = _evaluate if evaluated else make_trainer


if __name__ == "__main__":
    serve()

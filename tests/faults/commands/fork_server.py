"""A tuner that has loaded everything and forks: its commands begin within milliseconds.

    python -m faults.commands.fork_server [HOME ...], then a line of JSON for each request

Each command is a process of its own, with its own signals, limits and exit code. The studies of the
given working directories are run first, by the server itself: what they load is then there.
"""

import gc
import json
import os
import resource
import signal
import sys
from contextlib import chdir, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

from faults.commands.breaking import break_at
from faults.scoring import scores_of
from optuna.storages._rdb.storage import _VersionManager

import tuner.reporting.page.render
import tuner.runner.run
import tuner.search.connections
import tuner.tracking.unavailable
from tuner.cli import main as tuner_command
from tuner.results.events import TrainingPrepared
from tuner.runner.trainers import FunctionTrainer, make_trainer

RUN = ("run", "--study", "small.yaml", "--no-record")

LONGEST = 120
"""Seconds after which a command counts as hanging."""


def serve() -> None:
    """Answers requests until the input ends."""
    _leave_out_what_takes_long()
    for home in map(Path, sys.argv[1:]):
        with chdir(home), redirect_stdout(StringIO()):
            _warm_up(evaluated=not (home / "photos").exists())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    gc.collect()
    gc.freeze()  # else every fork copies all pages when it first collects garbage
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


def _leave_out_what_takes_long() -> None:
    """No figures of the report, one look at the versions of Optuna's tables, little patience."""
    render, look_up = tuner.reporting.page.render, _VersionManager.get_head_version
    render.render_page = lambda _history, _folder: "<!doctype html>"
    known = []

    def get_head_version(manager):
        if not known:
            known.append(look_up(manager))
        return known[0]

    _VersionManager.get_head_version = get_head_version
    tuner.search.connections.SQLITE_PATIENCE = 0.2
    tuner.tracking.unavailable.LONGEST_ANSWER = 60.0


def _answer(answer: int | str) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _warm_up(*, evaluated: bool) -> None:
    if not evaluated:
        import torch

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
    program: str,
    *,
    evaluated: bool,
) -> None:
    """Is the command, in the forked process; ends it as Python ends a program."""
    signal.alarm(LONGEST)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored behind a shell's `&`
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
    if program == "worker":
        from faults.shared import work

        work(*words)
    else:
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

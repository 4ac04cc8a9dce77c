"""What a stranger's project costs, from nothing to a first verdict and the way home.

    python benchmarks/strangers.py [PROJECT ...]

The projects are trainer, argparse, constants, yaml-options, ddcolor, pinn, superres,
superres-free, vae and curve; all without a name. For each: init --from-script, check --run, run,
export --into. It prints how many lines of the project were changed by hand before the export, how
many trainings that took, what each command computed by itself (processor seconds without those of
the scripts), how many steps were saved by trials that left early, and the verdict.
"""

from __future__ import annotations

import difflib
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tuner.journal.history_builder import read_history

DOCS = Path(__file__).parents[1] / "docs"
AT_EXIT = """\
import atexit, os, signal, sys, time
if "TUNER_OUT" in os.environ:
    def write():
        with open(os.environ["SCRIPT_SECONDS"], "a") as file:
            print(time.process_time(), os.environ["TUNER_OUT"], file=file)
    atexit.register(write)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # also where a trial leaves early
"""


class Project(NamedTuple):
    """A project as a stranger has it.

    Attributes:
        folder: Below `docs`.
        command: The script as it is called today.
        home: The file that gets the best weights.
        words: What its study is run with.
    """

    folder: str
    command: str
    home: str
    words: tuple[str, ...] = ()


RANDOM_TRUNK = ("--set", "objective.lpips.trunk=random")
STRANGERS = {
    "trainer": Project("strangers/trainer", "train.py", "train.py", RANDOM_TRUNK),
    "argparse": Project("examples/argparse", "train.py", "train.py", RANDOM_TRUNK),
    "constants": Project("examples/constants", "train.py", "train.py", RANDOM_TRUNK),
    "yaml-options": Project(
        "examples/yaml-options", "train.py -opt options.yml", "options.yml", RANDOM_TRUNK
    ),
    "ddcolor": Project(
        "strangers/ddcolor", "train.py -opt options/train.yml", "options/train.yml", RANDOM_TRUNK
    ),
    "pinn": Project("strangers/pinn", "train.py", "train.py"),
    "superres": Project(
        "strangers/superres",
        "train.py",
        "train.py",
        ("--set", "guardrails.metrics.sharpness={may_fall: 0.15}"),
    ),
    "superres-free": Project(
        "strangers/superres",
        "train.py",
        "train.py",
        ("--set", "guardrails.metrics.sharpness={may_fall: 1}"),  # told, but never broken
    ),
    "vae": Project(
        "strangers/vae",
        "train.py",
        "train.py",
        ("--set", "guardrails.metrics.kl={may_rise: 4}"),
    ),
    "curve": Project("strangers/curve", "train.py", "train.py", ("--set", "trainer.parallel=4")),
}


def main() -> None:
    """Goes through the projects that are named, or all."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    for name in sys.argv[1:] or STRANGERS:
        with tempfile.TemporaryDirectory() as home:
            report(name, Path(home))


def report(name: str, home: Path) -> None:
    """Tunes one project and prints what that took."""
    project, work = STRANGERS[name], home / name
    shutil.copytree(DOCS / project.folder, work)
    (work / "study.yaml").unlink(missing_ok=True)  # a stranger has none
    (home / "sitecustomize.py").write_text(AT_EXIT, encoding="utf-8")
    (home / "seconds").touch()
    began, own, verdict, by_hand = time.monotonic(), dict[str, float](), "", 0
    for command, words in {
        "init": ("mine", "--from-script", project.command),
        "check": ("--study", "mine", "--run", *project.words),
        "run": ("--study", "mine", "--no-record", "--yes", *project.words),
        "export": ("--study", "mine", "--into", project.home),
    }.items():
        if command == "export":
            by_hand = changed_lines(DOCS / project.folder, work)
        before = children() - scripts(home)
        said = tuner(work, command, *words)
        own[command] = children() - scripts(home) - before
        verdict = verdict_in(said) if command == "run" else verdict
    trainings = len({line.split()[1] for line in processes(home)})
    steps = " + ".join(f"{seconds:.0f} {command}" for command, seconds in own.items())
    print(
        f"{name}: {by_hand} changed lines, {trainings} trainings, {time.monotonic() - began:.0f} s "
        f"on the clock, {scripts(home):.0f} s of the scripts, {sum(own.values()):.0f} s of the "
        f"tuner ({steps}), {left_early(work)}\n  {verdict}",
        flush=True,
    )


def changed_lines(before: Path, after: Path) -> int:
    """Lines of a project's files that are others than in its repository."""
    files = [path for path in before.rglob("*") if path.suffix in (".py", ".yml")]
    return sum(
        line[:2] in ("+ ", "- ")
        for path in files
        for line in difflib.ndiff(lines_of(path), lines_of(after / path.relative_to(before)))
    )


def lines_of(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def verdict_in(said: str) -> str:
    """The line of a run that has the verdict."""
    found = re.search(r"^.*((?:Not c|C)onfirmed on|Nothing better).*$", said, re.MULTILINE)
    return found[0].strip() if found else said[-300:]


def left_early(work: Path) -> str:
    """How many trials left early, and the steps that this saved of those of the search."""
    results = [
        result
        for result in read_history(work / "tuner-runs" / "mine").results.values()
        if result.trial.role not in ("baseline", "confirmation")
    ]
    left = [result for result in results if result.status == "pruned"]
    saved = sum(result.trial.steps - result.evaluations[-1].step for result in left)
    asked = sum(result.trial.steps for result in results)
    return f"{len(left)} of {len(results)} trials left early and saved {saved / asked:.0%} of steps"


def scripts(home: Path) -> float:
    """Processor seconds of all scripts so far."""
    return sum(float(line.split()[0]) for line in processes(home))


def processes(home: Path) -> list[str]:
    """Processor seconds and trial of each process that a script was."""
    return (home / "seconds").read_text(encoding="utf-8").splitlines()


def tuner(work: Path, *words: str) -> str:
    """Runs a command; what it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "tuner", *words],
        cwd=work,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(work.parent), os.environ.get("PYTHONPATH", "")]),
            "SCRIPT_SECONDS": str(work.parent / "seconds"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"tuner {' '.join(words)}: {ended.stdout}{ended.stderr}")
    return ended.stdout


def children() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

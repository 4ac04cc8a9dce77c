"""What a stranger's project costs, from nothing to a first verdict and the way home.

    python benchmarks/strangers.py [ddcolor] [pinn]

For each project of `docs/strangers`: init --from-script, check --run, run, export --into. It
changes nothing by hand, and prints how many trainings that took and how long: on the clock,
and the tuner's own computing (processor seconds without those of the scripts).
"""

from __future__ import annotations

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

PROJECTS = Path(__file__).parents[1] / "docs" / "strangers"
AT_EXIT = """\
import atexit, os, time
if "TUNER_OUT" in os.environ:
    def write():
        with open(os.environ["SCRIPT_SECONDS"], "a") as file:
            print(time.process_time(), file=file)
    atexit.register(write)
"""


class Project(NamedTuple):
    """A project as a stranger has it.

    Attributes:
        command: The script as it is called today.
        home: The file that gets the best weights.
        words: What its study is run with.
    """

    command: str
    home: str
    words: tuple[str, ...] = ()


RANDOM_TRUNK = ("--set", "objective.lpips.trunk=random")
STRANGERS = {
    "ddcolor": Project("train.py -opt options/train.yml", "options/train.yml", RANDOM_TRUNK),
    "pinn": Project("train.py", "train.py"),
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
    shutil.copytree(PROJECTS / name, work)
    (home / "sitecustomize.py").write_text(AT_EXIT, encoding="utf-8")
    (home / "seconds").touch()
    began, before = time.monotonic(), children()
    tuner(work, "init", "mine", "--from-script", project.command)
    tuner(work, "check", "--study", "mine", "--run", *project.words)
    told = tuner(work, "run", "--study", "mine", "--no-record", "--yes", *project.words)
    tuner(work, "export", "--study", "mine", "--into", project.home)
    took, total = time.monotonic() - began, children() - before
    scripts = [float(line) for line in (home / "seconds").read_text().split()]
    verdict = re.search(r"^((?:Not c|C)onfirmed|Nothing better).*$", told, re.MULTILINE)
    print(
        f"{name}: {len(scripts)} trainings, {took:.0f} s on the clock, "
        f"{sum(scripts):.0f} s of the scripts, {total - sum(scripts):.0f} s of the tuner"
    )
    print(f"  {verdict[0] if verdict else told[-300:]}")


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

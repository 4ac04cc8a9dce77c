"""Runs the benchmarks of a GPU one after the other; `gpu.sh` makes ready and starts this.

Each part is a process of its own with its own time limit. A part that fails, hangs or lacks a
package costs only its own figures: `gpu.json` and `gpu.md` are written anew after each part.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ALL_SECONDS = 525.0
"""Time of all parts together, 15 s below nine minutes."""

NEEDED = (
    *("torch", "numpy", "PIL", "yaml", "safetensors", "filelock", "fsspec", "skimage", "sklearn"),
    *("pydantic", "pydantic_core", "annotated_types", "typing_inspection"),
    *("torchvision", "lpips", "kornia", "kornia_rs"),
)
"""Packages that the parts import, by the names of their modules."""


@dataclass(frozen=True)
class Part:
    """A benchmark.

    Attributes:
        words: Its file in this folder, and its options.
        seconds: The longest that it may take.
    """

    name: str
    words: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of a part.

    Attributes:
        state: 'done', 'failed' or 'out of time'.
        printed: The end of what it printed.
        figures: What it wrote for programs; None where it wrote nothing.
    """

    name: str
    state: str
    seconds: float
    printed: str
    figures: Any


def main() -> int:
    """Runs all parts; 1 where one of them failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", default=os.environ.get("OUT", "tuner-runs/gpu"))
    options.add_argument("--tiny", action="store_true", help="tries the script on a processor")
    options.add_argument("--parts", nargs="+", metavar="NAME")
    asked = options.parse_args()
    parts = tiny_parts() if asked.tiny else gpu_parts()
    chosen = [part for part in parts if asked.parts is None or part.name in asked.parts]
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"missing packages: {', '.join(missing)}; gpu.sh says how to bring them")
    outcomes = run(chosen, Path(asked.folder), missing)
    return int(any(outcome.state != "done" for outcome in outcomes))


def gpu_parts() -> list[Part]:
    """The parts, the most important first."""
    small = ("--base-width", "32", "--image-size", "128", "--batch-size", "16")
    large = ("--base-width", "64", "--image-size", "256", "--batch-size", "16")
    half, full = ("--precision", "bfloat16"), ("--precision", "float32")
    cuda, few = ("--device", "cuda"), ("--turns", "3", "--steps", "16")
    ways = ("--engines", "auto", "loop")
    return [
        Part("equality", ("equality.py", *cuda, *small), 50),
        Part(
            "engines-128",
            ("engines.py", *cuda, *small, *half, "--networks", "1", "8", "--steps", "10"),
            70,
        ),
        Part(
            "engines-256",
            ("engines.py", *cuda, *large, *half, "--networks", "1", "4", "--steps", "4"),
            80,
        ),
        Part(
            "plain-128",
            ("throughput.py", *cuda, *small, *half, "--stages", "1", "8", *few, *ways),
            90,
        ),
        Part(
            "plain-256",
            ("throughput.py", *cuda, *large, *half, "--stages", "1", "4", *few, *ways),
            80,
        ),
        Part(
            "precision-128",
            ("precision.py", *cuda, *small[:4], "--seeds", "4", "--steps", "300"),
            60,
        ),
        Part(
            "precision-256",
            ("precision.py", *cuda, *large[:4], "--seeds", "2", "--steps", "100"),
            50,
        ),
        Part(
            "engines-128-float32",
            ("engines.py", *cuda, *small, *full, "--networks", "1", "8", "--steps", "5"),
            45,
        ),
    ]


def tiny_parts() -> list[Part]:
    """The same parts on a processor, as small as they can be."""
    tiny = ("--base-width", "4", "--image-size", "32", "--batch-size", "2")
    return [
        Part("equality", ("equality.py", *tiny, "--steps", "4"), 240),
        Part("engines", ("engines.py", *tiny, "--networks", "1", "--turns", "1"), 240),
        Part(
            "plain",
            ("throughput.py", *tiny, "--stages", "2", "--turns", "2", "--steps", "4"),
            240,
        ),
        Part("precision", ("precision.py", *tiny[:4], "--seeds", "2", "--steps", "4"), 240),
        Part("without-a-gpu", ("engines.py", *tiny, "--device", "cuda:99"), 240),
    ]


def run(
    parts: Sequence[Part],
    folder: Path,
    missing: Sequence[str] = (),
    all_seconds: float = ALL_SECONDS,
) -> list[Outcome]:
    """Runs parts and writes what came of them after each.

    Args:
        folder: Where to write.
        missing: Packages that were not found, to be told beside the outcomes.
        all_seconds: Time of all parts together; a part that would begin later is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    began, outcomes = time.monotonic(), list[Outcome]()
    for part in parts:
        left = all_seconds - (time.monotonic() - began)
        outcomes.append(_run(part, min(part.seconds, left)))
        _write(outcomes, folder, missing)
        latest = outcomes[-1]
        print(f"{latest.name}: {latest.state} after {latest.seconds:.0f} s", flush=True)
        print(latest.printed, flush=True)
    return outcomes


def _run(part: Part, seconds: float) -> Outcome:
    if seconds <= 0:
        return Outcome(part.name, "out of time", 0.0, "not begun: the parts before took all", None)
    home, began = Path(tempfile.mkdtemp()), time.monotonic()
    figures, log = home / "figures.json", home / "printed"
    script, *options = part.words
    command = [sys.executable, str(HERE / script), *options, "--json", str(figures)]
    with log.open("w", encoding="utf-8") as printed:
        # A session of its own, so that processes of the part end with it.
        process = subprocess.Popen(
            command, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            state = "failed" if process.wait(seconds) else "done"
        except subprocess.TimeoutExpired:
            state = "out of time"
        finally:
            _end(process)
    text = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    found = _read(figures)
    shutil.rmtree(home)
    return Outcome(part.name, state, round(time.monotonic() - began, 1), text, found)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _read(figures: Path) -> Any:
    try:
        return json.loads(figures.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _write(outcomes: Sequence[Outcome], folder: Path, missing: Sequence[str]) -> None:
    facts = {"missing packages": [*missing], "parts": [asdict(outcome) for outcome in outcomes]}
    (folder / "gpu.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
    rows = [f"| {one.name} | {one.state} | {one.seconds:.0f} |" for one in outcomes]
    told = [f"## {one.name}\n\n```\n{one.printed.rstrip()}\n```\n" for one in outcomes]
    lines = ["| part | state | seconds |", "|---|---|---|", *rows, "", *told]
    if missing:
        lines.insert(0, f"Missing packages: {', '.join(missing)}.\n")
    (folder / "gpu.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""The script that measures on a GPU: a part that fails costs its own figures, and no others."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
gpu = SimpleNamespace(**runpy.run_path(str(BENCHMARKS / "gpu.py")))

WRITES = """
import json, sys
json.dump({"seen": sys.argv[1]}, open(sys.argv[-1], "w"))
print("a table")
"""
HANGS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def part(tmp_path):
    def of(name, code, *options, seconds=60.0):
        file = tmp_path / f"{name}.py"
        file.write_text(code)
        return gpu.Part(name, (str(file), *options), seconds)

    return of


def test_what_fails_or_hangs_leaves_the_other_parts_their_figures(part, tmp_path):
    parts = [
        part("broken", "raise SystemExit('no such engine')"),
        part("hanging", HANGS, seconds=6.0),
        part("whole", WRITES, "--turns"),
    ]
    broken, hanging, whole = gpu.run(parts, tmp_path / "out", ["kornia"])
    assert (broken.state, broken.figures) == ("failed", None)
    assert "no such engine" in broken.printed
    assert hanging.state == "out of time"
    child = Path("/proc", str(int(hanging.printed)), "stat")  # its process ended with it
    assert not child.exists() or child.read_text().split()[2] == "Z"
    assert (whole.state, whole.figures) == ("done", {"seen": "--turns"})
    written = json.loads((tmp_path / "out" / "gpu.json").read_text())
    assert [one["name"] for one in written["parts"]] == ["broken", "hanging", "whole"]
    assert written["missing packages"] == ["kornia"]
    table = (tmp_path / "out" / "gpu.md").read_text()
    assert "Missing packages: kornia." in table
    assert "| hanging | out of time |" in table
    assert "a table" in table


def test_a_part_that_would_begin_too_late_is_left_out(part, tmp_path):
    (late,) = gpu.run([part("late", WRITES)], tmp_path / "out", all_seconds=0.0)
    assert (late.state, late.seconds) == ("out of time", 0.0)


def test_the_parts_for_a_gpu_are_those_that_exist_and_fit_into_nine_minutes():
    parts = gpu.gpu_parts()
    assert {(BENCHMARKS / one.words[0]).is_file() for one in [*parts, *gpu.tiny_parts()]} == {True}
    assert sum(one.seconds for one in parts) <= gpu.ALL_SECONDS < 9 * 60


def test_the_script_runs_whole_on_a_processor_and_goes_on_past_a_part_without_its_device(tmp_path):
    words = [BENCHMARKS / "gpu.sh", tmp_path, "--tiny", "--parts", "without-a-gpu", "engines"]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    engines, lost = json.loads((tmp_path / "gpu.json").read_text())["parts"]
    assert (engines["name"], engines["state"]) == ("engines", "done")
    rows = {row["engine"]: row for row in engines["figures"]["rows"]}
    assert rows["loop"]["times"] == 1.0
    assert 0 < rows["folded"]["floor"] < 1
    assert rows["graphed"]["reason"] == "their device is not CUDA"
    assert (lost["name"], lost["state"]) == ("without-a-gpu", "failed")
    assert "'cuda:99' cannot be used on this machine" in lost["printed"]

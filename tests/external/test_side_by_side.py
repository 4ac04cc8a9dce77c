import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from tuner.external import side_by_side
from tuner.external.side_by_side import Usage, fitting, measured

GIB = 1 << 30


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Eight cores, 16 GiB free, no GPU."""
    monkeypatch.setattr(side_by_side, "GPU_DRIVERS", ())
    monkeypatch.setattr(side_by_side, "_cores", lambda: 8)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=16 * GIB))


@pytest.mark.parametrize(
    ("cores", "memory", "parallel", "count"),
    [
        (0.4, 0, 1, 8),
        (1.9, 0, 1, 4),
        (7.5, 0, 1, 1),
        (20.0, 0, 1, 1),
        (1.0, 3 * GIB, 1, 2),  # half of the free memory
        (1.0, 30 * GIB, 1, 1),
        (8.0, 0, 3, 3),  # the study runs three anyway
    ],
)
def test_as_many_as_cores_and_memory_hold(cores, memory, parallel, count):
    assert fitting(Usage(1.0, cores, memory), parallel) == count


def test_beside_a_gpu_it_is_as_many_as_the_study_says(monkeypatch, tmp_path):
    monkeypatch.setattr(side_by_side, "GPU_DRIVERS", (tmp_path,))
    assert fitting(Usage(1.0, 0.1), 1) == 1
    assert fitting(Usage(1.0, 0.1), 2) == 2


def test_a_process_that_computes_and_holds_memory_is_measured():
    with measured() as used:
        code = "b = bytearray(200 << 20); sum(range(10**6))"
        subprocess.run([sys.executable, "-c", code], check=True)
    assert 0 < used.cores < 1.5
    assert used.memory > 200 << 20
    assert used.seconds > 0

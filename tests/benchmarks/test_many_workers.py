"""A trial of a shared study takes as many SQL statements whoever else works."""

import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def statements_of(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield runpy.run_path(str(BENCHMARKS / "many_workers.py"))["statements_of"]
    sys.modules.pop("large_studies", None)


def test_statements_of_a_trial_do_not_grow_with_workers(statements_of):
    alone, together = statements_of(1, 30), statements_of(6, 30)
    assert together["trials"] >= alone["trials"]
    assert together["statements a trial"] < 1.1 * alone["statements a trial"]

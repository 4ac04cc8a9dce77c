"""Whether two studies name the same weights within their ranges.

    python benchmarks/same_answer.py FIRST/best.yaml SECOND/best.yaml
    python benchmarks/same_answer.py tuner-runs/FIRST tuner-runs/SECOND

The two differ in their seeds (`--set seed=2`) and in nothing else. A weight agrees if each study
exports a value that is in the range which the other one calls as good. Exit code 1 where one does
not agree. Of folders the ranges are computed again from the recorded trainings, as a study would
give them today.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tuner.journal.history_builder import read_history
from tuner.search.procedure import replay
from tuner.spec.plan import make_plan
from tuner.spec.study_file import recorded_study

SLACK = 1e-6
"""Of numbers that were rounded."""


def main() -> None:
    """Prints a row for each weight."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("answers", type=Path, nargs=2)
    files = options.parse_args().answers
    first, second = (replayed(file) if file.is_dir() else read(file) for file in files)
    print("| weight | first | second | agree |\n|---|---|---|---|")
    agreed = []
    for name in first["weights"]:
        agreed.append(agree(name, first, second) and agree(name, second, first))
        cells = [told(name, first), told(name, second), "yes" if agreed[-1] else "no"]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n".join(f"{one['study']}: {one['improvement']['claim']}" for one in (first, second)))
    raise SystemExit(not all(agreed))


def read(file: Path) -> Mapping[str, Any]:
    """The answer as the study has exported it."""
    exported: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return exported


def replayed(folder: Path) -> Mapping[str, Any]:
    """The answer that the trainings of a finished study give today."""
    history = read_history(folder)
    found = replay(make_plan(recorded_study(history.spec)), history.results.values()).result
    assert found is not None, f"{folder}: not finished"
    assert found.confirmation is not None
    return {
        "study": history.study,
        "weights": found.best,
        "ranges": {one.name: one.acceptable_range for one in found.effects},
        "improvement": {"claim": f"gain {found.confirmation.gain:.2f}"},
    }


def agree(name: str, answer: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the value of one answer is in the range of the other; without one, the same value."""
    value, its = answer["weights"][name], other["weights"][name]
    low, high = other.get("ranges", {}).get(name, (its, its))
    return bool(low * (1 - SLACK) <= value <= high * (1 + SLACK))


def told(name: str, answer: Mapping[str, Any]) -> str:
    """The value with its range."""
    value = answer["weights"][name]
    low, high = answer.get("ranges", {}).get(name, (value, value))
    return f"{value:g} ({low:g} to {high:g})"


if __name__ == "__main__":
    main()

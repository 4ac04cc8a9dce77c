"""What breaks a study: it is broken at its moments, goes on, and is compared with a whole one.

    python benchmarks/reliability.py [--only evaluated]

Prints a table in Markdown: every fault, the moments at which it came, and what happened. The same
cases are in `tests/faults/`, of which `make test` runs a fixed sample. Ends with 1 where a study
differed from an undisturbed one, or an error was none for the user.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from faults.cases import all_cases  # type: ignore[import-not-found]
from faults.harness import Harness  # type: ignore[import-not-found]

Row = tuple[str, str, str]
"""Kind of the fault, the fault, and what came of one case of it."""


def main() -> None:
    """Tries all cases, and prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=("evaluated", "trained"))
    asked = options.parse_args()
    cases = [case for case in all_cases() if asked.only in (None, case.study)]
    with tempfile.TemporaryDirectory() as place:
        harness = Harness.of(Path(place), tuple({case.study for case in cases}))
        rows = [_tried(harness, case) for case in cases]
    print(_table(rows))
    wrong = sum(1 for *_, what in rows if what.startswith("WRONG"))
    print(f"\n{len(rows)} cases, {wrong} wrong")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    sys.exit(1 if wrong else 0)


def _tried(harness: Any, case: Any) -> Row:
    what = _what_came(harness, case)
    if what.startswith("WRONG"):
        print(f"{case.name}: {what}", file=sys.stderr, flush=True)
    return case.fault.kind, case.fault.name, what


def _what_came(harness: Any, case: Any) -> str:
    try:
        outcome = harness.attempt(case)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the table
        return f"WRONG: {type(error).__name__}: {error}"
    if outcome.differences:
        return f"WRONG: {'; '.join(outcome.differences)}"
    if outcome.refused:
        return "refused, then equal"
    return "equal, and said" if outcome.said else "equal"


def _table(rows: Sequence[Row]) -> str:
    lines = ["| kind | fault | moments | what happened |", "|---|---|---|---|"]
    for kind, fault in dict.fromkeys((kind, fault) for kind, fault, _ in rows):
        came = [what for one, other, what in rows if (one, other) == (kind, fault)]
        lines.append(f"| {kind} | {fault} | {len(came)} | {_counted(came)} |")
    return "\n".join(lines)


def _counted(came: Iterable[str]) -> str:
    came = list(came)
    return "; ".join(f"{came.count(what)} x {what}" for what in dict.fromkeys(came))


if __name__ == "__main__":
    main()

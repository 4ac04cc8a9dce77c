"""What breaks a study: it is broken at its moments, goes on, and is compared with a whole one.

    python benchmarks/reliability.py [--only files] [--kind memory] [--results tried.jsonl]

Prints a table in Markdown: every fault, the moments at which it came, and what happened. With
`--results` every case is kept in a file, and those that are there are not tried again. The same
cases are in `tests/faults/`, of which `make test` runs a fixed sample. Ends with 1 where a study
differed from an undisturbed one, or a command did not end as promised.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from faults.families import FAMILIES  # type: ignore[import-not-found]

Row = Mapping[str, str]
"""`kind` and `fault`, the `name` of a case, and `what` came of it."""


def main() -> None:
    """Tries the cases that are asked for, and prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=sorted(FAMILIES), help="one family of cases")
    options.add_argument("--kind", default="", help="kinds and faults with this in their name")
    options.add_argument("--results", type=Path, help="keeps every case; goes on from there")
    asked = options.parse_args()
    names = [name for name in FAMILIES if asked.only in (None, name)]
    rows = _kept(asked.results)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        for name in names:
            _try_family(name, Path(place) / name, asked.kind, rows, asked.results)
    print(_table(rows))
    wrong = sum(1 for row in rows if row["what"].startswith("WRONG"))
    print(f"\n{len(rows)} cases, {wrong} wrong")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    sys.exit(1 if wrong else 0)


def _kept(results: Path | None) -> list[Row]:
    if results is None or not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def _try_family(family: str, place: Path, kind: str, rows: list[Row], results: Path | None) -> None:
    done = {row["name"] for row in rows}
    place.mkdir()
    with ExitStack() as stack:
        for tried in stack.enter_context(FAMILIES[family](place)):
            if tried.name in done or kind not in f"{tried.kind}, {tried.fault}":
                continue
            row = {"kind": tried.kind, "fault": tried.fault, "name": tried.name}
            row["what"] = tried.attempt()
            rows.append(row)
            if row["what"].startswith("WRONG"):
                print(f"{tried.name}: {row['what']}", file=sys.stderr, flush=True)
            if results is not None:
                with results.open("a", encoding="utf-8") as kept:
                    kept.write(f"{json.dumps(row)}\n")


def _table(rows: Sequence[Row]) -> str:
    lines = ["| kind | fault | moments | what happened |", "|---|---|---|---|"]
    for kind, fault in dict.fromkeys((row["kind"], row["fault"]) for row in rows):
        came = [row["what"] for row in rows if (row["kind"], row["fault"]) == (kind, fault)]
        lines.append(f"| {kind} | {fault} | {len(came)} | {_counted(came)} |")
    return "\n".join(lines)


def _counted(came: Iterable[str]) -> str:
    came = list(came)
    return "; ".join(f"{came.count(what)} x {what}" for what in dict.fromkeys(came))


if __name__ == "__main__":
    main()

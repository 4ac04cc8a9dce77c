"""All families of cases, each with what it needs, for the long form."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faults.cases import all_cases
from faults.commands.harness import command_harness
from faults.commands.mounts import may_mount
from faults.harness import Harness


@dataclass(frozen=True)
class Tried:
    """A case that can be tried.

    Attributes:
        attempt: Tries it: what came, with WRONG before it where that is not as promised.
    """

    kind: str
    fault: str
    name: str
    attempt: Callable[[], str]


@contextmanager
def _files(study: str, place: Path) -> Iterator[Sequence[Tried]]:
    """A study in this process, from copies that are like those of a kill."""
    harness = Harness.of(place, (study,))
    yield [
        Tried(case.fault.kind, case.fault.name, case.name, partial(_what_came, harness, case))
        for case in all_cases()
        if case.study == study
    ]


def _what_came(harness: Harness, case) -> str:
    try:
        outcome = harness.attempt(case)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the table
        return f"WRONG: {type(error).__name__}: {error}"
    if outcome.differences:
        return f"WRONG: {'; '.join(outcome.differences)}"
    if outcome.refused:
        return "refused, then equal"
    return "equal, and said" if outcome.said else "equal"


@contextmanager
def _commands(study: str, place: Path) -> Iterator[Sequence[Tried]]:
    """A study as commands, which are processes."""
    mounted = may_mount()
    with command_harness(place, [study]) as harness:
        yield [
            Tried(case.kind, case.fault, case.name, partial(_judged, harness.attempt, case))
            for case in harness.cases(study)
            if mounted or not case.needs_a_disk
        ]


def _judged(attempt: Callable, case) -> str:
    came, wrong = attempt(case)
    return f"WRONG: {'; '.join(wrong)}" if wrong else came


FAMILIES = {
    "evaluated": partial(_files, "evaluated"),
    "trained": partial(_files, "trained"),
    "commands": partial(_commands, "evaluated"),
    "training commands": partial(_commands, "trained"),
}
"""By name: a context with the cases of a family, given an empty folder."""

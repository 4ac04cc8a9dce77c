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
from faults.mlflow_answers import WAYS
from faults.mlflow_cases import attempt_run, attempt_sync
from faults.shared_cases import DISTURBANCES, MOMENTS, shared_harness


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


@contextmanager
def _mlflow(place: Path) -> Iterator[Sequence[Tried]]:
    """An MLflow that answers wrongly, to a run and to a later `tuner sync`."""
    with command_harness(place, ["evaluated"]) as harness:
        yield [
            Tried("MLflow", f"to {who}: {way}", f"MLflow to {who}: {way}", partial(_judged, *what))
            for who, attempt in (("a sync", attempt_sync), ("a run", attempt_run))
            for way in WAYS
            if (what := (partial(attempt, harness), way))
        ]


@contextmanager
def _shared(place: Path) -> Iterator[Sequence[Tried]]:
    """Workers on PostgreSQL and on a file."""
    with shared_harness(place) as harness:
        yield [
            Tried(
                "workers",
                name,
                f"{name} - after line {number}",
                partial(_judged, harness.attempt, kind, number, sent, disturb),
            )
            for name, (kind, sent, disturb) in DISTURBANCES.items()
            for number in MOMENTS
        ]


def _judged(attempt: Callable, *words) -> str:
    try:
        came, wrong = attempt(*words)
    except Exception as error:  # noqa: BLE001 - the other cases are tried all the same
        return f"WRONG: {type(error).__name__}: {error}"
    return f"WRONG: {'; '.join(wrong)}" if wrong else came


FAMILIES = {
    "evaluated": partial(_files, "evaluated"),
    "trained": partial(_files, "trained"),
    "commands": partial(_commands, "evaluated"),
    "mlflow": _mlflow,
    "shared": _shared,
    "training commands": partial(_commands, "trained"),
}
"""By name: a context with the cases of a family, given an empty folder."""

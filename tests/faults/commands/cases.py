"""All cases of commands: what breaks, at which boundary, and how the command has to end."""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

INTERRUPTED = "tuner: interrupted; nothing is lost, go on with: tuner run"
SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")
PROCESS, MEMORY, CLOCK = "processes", "memory", "the clock"
DATABASE, PHOTOS, DISK = "the database", "the user's photos", "a full disk (a real one)"


@dataclass(frozen=True)
class CommandCase:
    """One way in which a command is disturbed.

    Attributes:
        kind: The heading of the table.
        fault: The line of the table.
        study: Of `studies.STUDIES`.
        moment: Boundary and number, such as `event 3`.
        breaks: What `breaking` is told; None where the disk is what breaks.
        codes: Allowed exit codes.
        sentence: How its complaint begins where it does not end well.
        how: What the harness does besides: `second run`, or a size of the disk.
    """

    kind: str
    fault: str
    study: str
    moment: str
    breaks: tuple | None
    codes: tuple[int, ...]
    sentence: str = ""
    how: tuple = ()

    @property
    def name(self) -> str:
        """For lists and tables."""
        return f"{self.fault} - {self.study} command - {self.moment}"

    @property
    def needs_a_disk(self) -> bool:
        """Whether it needs a disk of its own, which not every system lets it mount."""
        return bool(self.how) and self.how[0] in ("pages", "inodes", "read-only")


def all_cases(study: str, events: Sequence[str], changes: int) -> list[CommandCase]:
    """Every case of a study.

    Args:
        events: Names of the events of its journal, undisturbed.
        changes: How many files an undisturbed run opens for writing, renames and removes.
    """
    few = [number for number in range(len(events)) if events[number] not in events[:number]]
    # A study that trains takes seconds, so it is tried at the first event of each kind.
    is_quick = study == "evaluated"
    every, files = (range(len(events)), 1) if is_quick else (few, 7)
    found = [
        *(_killed(study, "event", number) for number in every),
        *(_killed(study, "file", number) for number in range(0, changes, files)),
        *(_signaled(study, number, name, "once") for number in every for name in SIGNALS),
        *(_signaled(study, number, name, "twice") for number in few for name in SIGNALS),
        *(one for number in few for one in _without_memory(study, number)),
    ]
    if is_quick:
        return [*found, *(one for n in few for one in _elsewhere(study, n)), *_on_a_disk(study)]
    return [*found, *_of_photos(study, few)]


def _killed(study: str, boundary: str, number: int) -> CommandCase:
    what = "after an event" if boundary == "event" else "before a file is changed"
    breaks = (boundary, number, "signal", int(signal.SIGKILL))
    return CommandCase(
        PROCESS, f"SIGKILL {what}", study, f"{boundary} {number}", breaks, (-signal.SIGKILL,)
    )


def _signaled(study: str, number: int, name: str, times: str) -> CommandCase:
    what = "signal" if times == "once" else "signal twice"
    breaks = ("event", number, what, int(signal.Signals[name]))
    return CommandCase(
        PROCESS, f"{name}, {times}", study, f"event {number}", breaks, (130,), INTERRUPTED
    )


def _without_memory(study: str, number: int) -> Iterator[CommandCase]:
    at = f"event {number}"
    breaks = ("event", number, "memory error")
    yield CommandCase(
        MEMORY, "an allocation fails", study, at, breaks, (1,), "tuner: out of memory"
    )
    for more in (0, 1, 8, 64):
        breaks = ("event", number, "memory limited", more << 20)
        yield CommandCase(MEMORY, f"{more} MB more are left", study, at, breaks, (0, 1), "tuner: ")


def _elsewhere(study: str, number: int) -> Iterator[CommandCase]:
    at = f"event {number}"
    yield CommandCase(
        DATABASE, "locked by another program until the end", study, at,
        ("event", number, "database locked"), (0, 1), "tuner: the trials cannot be kept in",
    )  # fmt: skip
    yield CommandCase(
        CLOCK, "set back by a year", study, at, ("event", number, "clock set back"), (0,)
    )
    yield CommandCase(
        PROCESS, "held still while another run is tried", study, at,
        ("event", number, "held still"), (0,), how=("second run",),
    )  # fmt: skip


def _of_photos(study: str, few: Sequence[int]) -> Iterator[CommandCase]:
    for number in few:
        for what in ("photo deleted", "photo replaced"):
            breaks = ("event", number, what)
            yield CommandCase(PHOTOS, what, study, f"event {number}", breaks, (0,))


def _on_a_disk(study: str) -> Iterator[CommandCase]:
    full = (0, 1)
    for pages in (*range(0, 60, 4), *range(60, 240, 30)):
        yield CommandCase(
            DISK, "so many pages of 4 kB are free", study, f"{pages} pages", None, full,
            "tuner: ", ("pages", pages),
        )  # fmt: skip
    for inodes in range(14):
        yield CommandCase(
            DISK, "so many files can be made", study, f"{inodes} files", None, full,
            "tuner: ", ("inodes", inodes),
        )  # fmt: skip
    yield CommandCase(
        DISK, "mounted read-only", study, "from the start", None, (1,), "tuner: ", ("read-only",)
    )

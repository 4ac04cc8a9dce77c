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
        """Whether it needs a disk of its own, which not everyone may mount."""
        return bool(self.how) and self.how[0] in ("pages", "inodes", "read-only")


def all_cases(study: str, events: Sequence[str], changes: int) -> list[CommandCase]:
    """Every case of a study.

    Args:
        events: Names of the events of its journal, undisturbed.
        changes: How many files an undisturbed run opens for writing, renames and removes.
    """
    every = range(len(events))
    few = [number for number in every if events[number] not in events[:number]]
    found = [
        *(_killed(study, "event", number) for number in every),
        *(_killed(study, "file", number) for number in range(changes)),
        *(one for number in every for one in _signaled(study, number)),
        *(one for number in few for one in _starved(study, number)),
    ]
    return [*found, *(_on_a_disk(study) if study == "evaluated" else _of_photos(study, few))]


def _killed(study: str, boundary: str, number: int) -> CommandCase:
    what = "after an event" if boundary == "event" else "before a file is changed"
    breaks = (boundary, number, "signal", int(signal.SIGKILL))
    return CommandCase(
        PROCESS, f"SIGKILL {what}", study, f"{boundary} {number}", breaks, (-signal.SIGKILL,)
    )


def _signaled(study: str, number: int) -> Iterator[CommandCase]:
    for name in SIGNALS:
        for what, told in (("signal", name), ("signal twice", f"{name} twice")):
            breaks = ("event", number, what, int(signal.Signals[name]))
            yield CommandCase(PROCESS, told, study, f"event {number}", breaks, (130,), INTERRUPTED)


def _starved(study: str, number: int) -> Iterator[CommandCase]:
    at, out = f"event {number}", "tuner: out of memory"

    def case(kind, fault, what, *arguments, codes=(0,), sentence="", how=()):
        breaks = ("event", number, what, *arguments)
        return CommandCase(kind, fault, study, at, breaks, codes, sentence, how)

    yield case(MEMORY, "an allocation fails", "memory error", codes=(1,), sentence=out)
    for more in (0, 1, 8, 64):
        yield case(
            MEMORY, f"{more} MB more are left", "memory limited", more << 20,
            codes=(0, 1), sentence="tuner: ",
        )  # fmt: skip
    yield case(
        DATABASE, "locked by another program until the end", "database locked",
        codes=(0, 1), sentence="tuner: the trials cannot be kept in",
    )  # fmt: skip
    yield case(CLOCK, "set back by a year", "clock set back")
    yield case(PROCESS, "held still while another run is tried", "held still", how=("second run",))


def _of_photos(study: str, few: Sequence[int]) -> Iterator[CommandCase]:
    for number in few:
        for what in ("photo deleted", "photo replaced"):
            breaks = ("event", number, what)
            yield CommandCase(PHOTOS, what, study, f"event {number}", breaks, (0,))


def _on_a_disk(study: str) -> Iterator[CommandCase]:
    full = (0, 1)
    for pages in (*range(0, 60, 3), *range(60, 240, 20)):
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

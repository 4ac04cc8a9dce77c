"""Disturbs a command, lets it go on, and compares the study with one that was never disturbed."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
from faults.commands.cases import CommandCase, all_cases
from faults.commands.mounts import limit, set_read_only, small_disk
from faults.commands.server import CommandServer, Ended, command_server
from faults.commands.studies import RUN, STUDIES
from faults.compare import differences

from tuner.journal.journal_file import read_entries

LONGEST_SENTENCE = 1000
ACKNOWLEDGED = "tuner: interrupted; ending what is running\n"
"""What a command may say first, where its end takes more than a moment."""


@dataclass
class CommandHarness:
    """Undisturbed studies, and a server of commands.

    Attributes:
        place: An empty folder.
        undisturbed: Working directories by the name of the study.
    """

    place: Path
    server: CommandServer
    undisturbed: dict[str, Path] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def cases(self, study: str) -> list[CommandCase]:
        """All cases of a study."""
        counted = STUDIES[study].make(self.place / f"counted-{study}")
        self._run(study, counted, fault=("count", 0, "signal", 0))
        changes = len((counted / "changes.txt").read_text().splitlines())
        events = [entry.event.event for entry in read_entries(counted / "tuner-runs" / "small")]
        return all_cases(study, events, changes)

    def new_home(self) -> Path:
        """A place that no case had before: MLflow keeps what it knows of a database by its path."""
        return self.place / f"disturbed-{next(self._numbers)}"

    def attempt(self, case: CommandCase) -> tuple[str, tuple[str, ...]]:
        """Disturbs a study: what came, and what is wrong with it, empty where nothing is."""
        home = self.new_home()
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            if case.needs_a_disk:
                home.mkdir()
                stack.enter_context(small_disk(home))
            STUDIES[case.study].make(home)
            ended = self._disturbed(case, home)
            wrong = [*_wrong_end(case, ended)]
            came = {0: "equal", 1: "refused, then equal"}.get(ended.code, "ended, then equal")
            if ended.code != 0:
                again = self._run(case.study, home)
                wrong += [] if again.code == 0 else [f"does not go on: {again.complaints}"]
            lasting = "photos/" if case.fault.startswith("photo ") else ""
            if not any("does not go on" in told for told in wrong):
                wrong += differences(home, self.undisturbed[case.study], "small", lasting)
            wrong += [f"process {one} is left" for one in _living(home)]
            return came, tuple(wrong)

    def _disturbed(self, case: CommandCase, home: Path) -> Ended:
        match case.how:
            case ("second run",):
                return self._with_a_second_run(case, home)
            case ("pages", pages):
                return self._on_a_small_disk(case, home, pages=pages)
            case ("inodes", inodes):
                return self._on_a_small_disk(case, home, inodes=inodes)
            case ("read-only",):
                set_read_only(home, read_only=True)
                ended = self._run(case.study, home)
                set_read_only(home, read_only=False)
                return ended
        return self._run(case.study, home, fault=case.breaks)

    def _on_a_small_disk(self, case: CommandCase, home: Path, **room: int) -> Ended:
        limit(home, **room)
        ended = self._run(case.study, home)
        limit(home)
        return ended

    def _with_a_second_run(self, case: CommandCase, home: Path) -> Ended:
        evaluated = STUDIES[case.study].evaluated
        first = self.server.start(home, *RUN, fault=case.breaks, evaluated=evaluated)
        assert first.wait() is None, "it holds still"
        second = self._run(case.study, home)
        first.go_on()
        ended = first.wait()
        assert ended is not None
        refusal = "tuner: 'small' is being run by another process"
        if second.code == 1 and second.complaints.startswith(refusal):
            return ended
        return second

    def _run(self, study: str, home: Path, fault: tuple | None = None) -> Ended:
        evaluated = STUDIES[study].evaluated
        return self.server.run(home, *RUN, fault=fault, evaluated=evaluated)


@contextmanager
def command_harness(place: Path, studies: Sequence[str]) -> Iterator[CommandHarness]:
    """A harness for some studies, which are run once without a disturbance."""
    warm = [STUDIES[name].make(place / f"warm-{name}") for name in studies]
    with command_server(*map(str, warm)) as server:
        harness = CommandHarness(place, server)
        for name in studies:
            home = STUDIES[name].make(place / f"whole-{name}")
            ended = server.run(home, *RUN, evaluated=STUDIES[name].evaluated)
            assert ended.code == 0, ended
            harness.undisturbed[name] = home
        yield harness


def _wrong_end(case: CommandCase, ended: Ended) -> Iterator[str]:
    said = ended.complaints
    if ended.code == 130:
        said = said.removeprefix(ACKNOWLEDGED)
    if ended.code not in case.codes:
        yield f"exit code {ended.code}: {said.strip()[-300:]}"
    elif ended.code == 0 and said:
        yield f"complains: {said.strip()[-300:]}"
    elif ended.code > 0 and not said.startswith(case.sentence):
        yield f"says: {said.strip()[-300:]}"
    if "Traceback" in said or len(said) > LONGEST_SENTENCE or said.count("\n") > 1:
        yield f"is no sentence: {said.strip()[:300]}"
    if ended.left and ended.code >= 0:
        yield f"leaves {', '.join(ended.left)}"
    if re.search(r"Error\b.*:", ended.output):
        yield f"prints: {ended.output[-300:]}"


def _living(home: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(home)) and process.status() != psutil.STATUS_ZOMBIE:
                yield f"{process.pid} {' '.join(process.cmdline())[:80]}"
        except psutil.Error:
            continue

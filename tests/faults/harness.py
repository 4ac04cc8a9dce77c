"""Breaks a small study, goes on with it, and compares it with an undisturbed one."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from faults.compare import differences
from faults.records import Case, Outcome
from faults.studies import STUDIES, Photographer, SmallStudy, copy_of, run_undisturbed

from tuner.errors import TunerError
from tuner.results.events import FileMended


@dataclass(frozen=True)
class Harness:
    """Undisturbed studies, with copies of their moments.

    Attributes:
        place: An empty folder.
        undisturbed: By the name of the study.
    """

    place: Path
    undisturbed: Mapping[str, Photographer]

    @classmethod
    def of(cls, place: Path, names: tuple[str, ...] = tuple(STUDIES)) -> "Harness":
        """Runs studies without a disturbance."""
        return cls(place, {name: run_undisturbed(STUDIES[name], place / name) for name in names})

    def attempt(self, case: Case) -> Outcome:
        """Breaks the study at the moment of a case, and goes on: twice where it is refused once.

        Raises:
            Exception: Anything but a sentence for the user is a mistake of the tuner.
        """
        study, undisturbed = STUDIES[case.study], self.undisturbed[case.study]
        home = copy_of(undisturbed.copy(case.moment), self.place / "broken")
        try:
            said: list[str] = []
            refused = _refused(case, study, home, said)
            if refused:
                _go_on(study, home, said.append)
            name = study.spec.study
            unequal = differences(home, undisturbed.home, name, case.fault.lasting)
            return Outcome(refused, tuple(said), unequal)
        finally:
            shutil.rmtree(home)


def _refused(case: Case, study: SmallStudy, home: Path, said: list[str]) -> str:
    """Goes on while the fault lasts; the sentence that refuses it, empty where nothing does."""
    try:
        with case.fault.inject(home):
            _go_on(study, home, said.append)
    except TunerError as error:
        return str(error).replace(f"{home}/", "")
    return ""


def _go_on(study: SmallStudy, home: Path, say: Callable[[str], None]) -> None:
    def listen(event):
        if isinstance(event, FileMended):
            say(event.sentence)

    study.go_on(home, listen, say)

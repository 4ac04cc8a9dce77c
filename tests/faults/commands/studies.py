"""Small studies that are run by commands: one that is scored by a function, one that trains."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faults.studies import TRAINED
from small_photos import fill_wide

from tuner.spec.study import StudySpec
from tuner.spec.study_file import dump_study

FILE = "small.yaml"
RUN = ("run", "--study", FILE, "--no-record")
RECORDED = ("run", "--study", FILE)


@dataclass(frozen=True)
class CommandStudy:
    """A study, and what its working directory needs.

    Attributes:
        evaluated: Whether a function scores trials in place of training.
        fill: Fills a new working directory.
    """

    spec: StudySpec
    evaluated: bool
    fill: Callable[[Path], object] = lambda _home: None

    def make(self, home: Path) -> Path:
        """Fills a working directory, and makes it where it is missing; its path."""
        home.mkdir(exist_ok=True)
        self.fill(home)
        for photo in (home / "photos").glob("*"):
            os.utime(photo, (0, 0))  # which the name of the photo cache depends on
        (home / FILE).write_text(dump_study(self.spec))
        return home


STUDIES = {
    "evaluated": CommandStudy(
        StudySpec(
            study="small",
            weights={"ab": 2.0},
            stages=[{"vary": "ab", "values": [4.0], "extend": False}],
            combination=0,
            repeats={"baseline": 2, "decide": 2, "confirm": 2},
        ),
        evaluated=True,
    ),
    "trained": CommandStudy(
        TRAINED.spec, evaluated=False, fill=lambda home: fill_wide(home / "photos", range(5))
    ),
}

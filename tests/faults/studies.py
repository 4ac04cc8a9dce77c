"""Two small studies that are broken, and copies of them as a kill leaves them at each moment."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from faults.scoring import scores_of
from small_photos import fill_wide
from small_training import WEIGHTS

from tuner.results.events import Event
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.training.checkpoints import Checkpoints

Say = Callable[[str], None]


@dataclass(frozen=True)
class SmallStudy:
    """A study, and what is needed to run it in a working directory.

    Attributes:
        prepare: Fills a new working directory.
        evaluate: Replaces training; None trains.
        moments: By name: what has to happen, and how often.
    """

    spec: StudySpec
    moments: Mapping[str, tuple[str, int]]
    evaluate: Callable | None = None
    prepare: Callable[[Path], object] = lambda _home: None

    def go_on(self, home: Path, listen: Callable[[Event], None], say: Say) -> None:
        """Runs it to its end from wherever it is."""
        # On one thread, so that an undisturbed study is the same folder each time.
        with chdir(home), patch("tuner.training.prepare.cores", lambda: 1):
            run_study(self.spec, self.evaluate, home, listen=listen, say=say, record=False)


REPEATS = {"baseline": 2, "decide": 2, "confirm": 2}

EVALUATED = SmallStudy(
    StudySpec(
        study="small",
        weights={"ab": 2.0, "gan": 1.0},
        stages=[
            {"vary": "ab", "values": [4.0, 8.0], "extend": False},
            {"vary": "gan", "values": [0.5], "extend": False},
        ],
        combination=0,
        repeats=REPEATS,
    ),
    {
        "a trial has begun": ("trial started", 1),
        "half of a stage is trained": ("trial finished", 3),
        "a stage is judged": ("stage finished", 1),
        "it is finished": ("study finished", 1),
    },
    scores_of,
)

TRAINED = SmallStudy(
    StudySpec(
        study="small",
        data={"photos": "photos", "image_size": 32},
        trainer={
            "model_args": {"base_width": 4},
            "steps": 2,
            "start_from": "baseline",
            "start_steps": 2,
            "batch_size": 2,
            "perceptual_trunk": "random",
            "device": "cpu",
        },
        weights=WEIGHTS,
        stages=[{"vary": "ab_weight", "values": [8.0], "extend": False}],
        objective={"lpips": {"trunk": "random"}},
        guardrails={"learned_color": 0},
        combination=0,
        repeats=REPEATS,
    ),
    {
        "a start network is in training": ("start network kept", 1),
        "a trial is in training": ("trial kept", 1),
        "the baseline is trained": ("trial finished", 2),
        "a stage is judged": ("stage finished", 1),
        "it is finished": ("study finished", 1),
    },
    prepare=lambda home: fill_wide(home / "photos", range(5)),
)

STUDIES = {"evaluated": EVALUATED, "trained": TRAINED}


@dataclass
class Photographer:
    """Copies a working directory at the moments of a study.

    What a process has written is what a kill leaves, so a copy is a study that was killed then.
    """

    home: Path
    into: Path
    moments: Mapping[str, tuple[str, int]]
    _seen: dict[str, int] = field(default_factory=dict)

    def happened(self, what: str) -> None:
        """Copies the directory where this is one of the moments."""
        self._seen[what] = self._seen.get(what, 0) + 1
        for name, moment in self.moments.items():
            if moment == (what, self._seen[what]):
                copy_of(self.home, self.into / name)

    def copy(self, name: str) -> Path:
        """The directory at a moment.

        Raises:
            LookupError: The study never came there.
        """
        if not (self.into / name).exists():
            raise LookupError(f"the study never came to: {name}")
        return self.into / name


def run_undisturbed(study: SmallStudy, place: Path) -> Photographer:
    """Runs a study in `place/whole`, with a copy for each of its moments beside it."""
    home = place / "whole"
    home.mkdir(parents=True)
    study.prepare(home)
    photographer = Photographer(home, place / "moments", study.moments)
    with _every_step_kept(photographer):
        study.go_on(home, lambda event: photographer.happened(event.event), lambda _text: None)
    return photographer


@contextmanager
def _every_step_kept(photographer: Photographer) -> Iterator[None]:
    """A checkpoint after every step, and copies of the directory right after it."""
    keep = Checkpoints.keep

    def keep_and_tell(self, trial, checkpoint):
        keep(self, trial, checkpoint)
        photographer.happened("start network kept" if trial.number < 0 else "trial kept")

    with (
        patch.object(Checkpoints, "is_due", lambda *_: True),
        patch.object(Checkpoints, "keep", keep_and_tell),
    ):
        yield


def copy_of(home: Path, place: Path) -> Path:
    """A copy of a working directory; the write-ahead log of its database comes along."""
    shutil.copytree(home, place)
    database = place / "tuner.db"
    if database.exists():
        with closing(sqlite3.connect(database)) as connection:  # so that damage to it is seen
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return place

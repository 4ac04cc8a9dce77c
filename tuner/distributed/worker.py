"""A worker: trains trials of the submitted studies.

read the overview -> the first study with open trials -> else trials that are likely to be
needed -> else wait
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tuner.distributed.context import CannotTrainHere, WorkerContext
from tuner.distributed.overview import StudyOverview, read_overview
from tuner.distributed.shared_study import SharedStudy
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.errors import (
    OutOfMemory,
    StorageError,
    StudyChanged,
    StudyFileError,
    StudyNotFound,
    TrainerError,
)
from tuner.results.progress import Say

TRY_AGAIN = 120.0
"""Seconds before a worker retries a study that it could not train: a disk may have space again."""

POLL = 1.0
"""Seconds between two looks of a worker that finds nothing to do."""


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker serves, and for how long.

    Attributes:
        study: The only study it serves; None for all.
        until_done: Whether it leaves when no study is open, rather than wait for the next.
        is_over: Whether it shall end before it takes more trials.
    """

    study: str | None = None
    until_done: bool = False
    is_over: Callable[[], bool] = lambda: False


class Worker:
    """One process that trains; it is registered already."""

    def __init__(
        self,
        context: WorkerContext,
        worker_options: WorkerOptions,
        say: Say,
        poll: float = POLL,
        open_study: Callable[[SubmittedStudy, WorkerContext], SharedStudy] = SharedStudy,
    ) -> None:
        self._open_study = open_study
        self._context = context
        self._worker_options = worker_options
        self._say = say
        self._poll = poll
        self._submissions = StudyRegistry(context.database)
        self._studies: dict[str, SharedStudy] = {}
        self._unfit: dict[str, tuple[str, float]] = {}
        self._runs_a_script = False
        self._had_a_study = True

    @property
    def would_lose_work(self) -> bool:
        """Whether what it is doing would be lost if it were interrupted."""
        return self._runs_a_script

    def serve(self) -> None:
        """Works until its options say that it is over.

        Raises:
            StorageError: The database refuses.
        """
        try:
            while not self._worker_options.is_over():
                overviews = self._open()
                self._say_what_is_missing(overviews)
                if self._work_on(overviews, ahead=False) or self._work_on(overviews, ahead=True):
                    continue
                if self._worker_options.until_done and not self._open():
                    return
                time.sleep(self._poll)
        finally:
            for study in self._studies.values():
                study.close()
            self._context.close()

    def _open(self) -> dict[str, StudyOverview]:
        """The open studies; closes those that are not open any more, or were submitted anew."""
        only = self._worker_options.study
        overviews = {
            name: overview
            for name, overview in read_overview(self._context.database).items()
            if overview.state == "open" and only in (None, name)
        }
        for name, study in [*self._studies.items()]:
            if name not in overviews or not study.is_latest_in(overviews[name]):
                self._studies.pop(name).close()
        return overviews

    def _say_what_is_missing(self, overviews: Mapping[str, StudyOverview]) -> None:
        """Says why it waits, once until there is a study again."""
        only = self._worker_options.study
        if not overviews and self._had_a_study and not self._worker_options.until_done:
            what = f"'{only}' is not open" if only else "no study is open"
            self._say(f"{what}; waiting (submit one: tuner submit --study {only or 'NAME'})")
        self._had_a_study = bool(overviews)

    def _work_on(self, overviews: dict[str, StudyOverview], *, ahead: bool) -> bool:
        """Trains for the first study that has work; forgets studies that it cannot train."""
        for name, overview in [*overviews.items()]:
            if self._worker_options.is_over():
                return True
            if self._is_unfit(name):
                continue
            worked = self._work(name, overview, ahead=ahead)
            if worked is None:
                del overviews[name]
            elif worked:
                self._close_others(name)
                return True
        return False

    def _work(self, name: str, overview: StudyOverview, *, ahead: bool) -> bool | None:
        """Whether there was work; None where this worker cannot train the study at present."""
        try:
            study = self._study(name)
            self._runs_a_script = not study.keeps_checkpoints
            return study.work(overview, ahead=ahead)
        except (StudyChanged, StudyNotFound):  # removed, or submitted anew; seen at the next look
            self._forget(name)
        except (CannotTrainHere, OutOfMemory, StorageError) as error:
            self._mark_unfit(name, str(error))
        except TrainerError as error:
            self._submissions.mark(self._studies[name].submission, "stopped", str(error))
            self._say(f"'{name}' is stopped: {error}")
        finally:
            self._runs_a_script = False
        return None

    def _forget(self, name: str) -> None:
        if name in self._studies:
            self._studies.pop(name).close()

    def _close_others(self, name: str) -> None:
        """A device holds the networks of one study at a time."""
        for other in self._studies.keys() - {name}:
            self._studies[other].close()

    def _is_unfit(self, name: str) -> bool:
        _, until = self._unfit.get(name, ("", 0.0))
        if name in self._unfit and time.monotonic() >= until:
            del self._unfit[name]
            self._publish_note()
        return name in self._unfit

    def _mark_unfit(self, name: str, reason: str) -> None:
        """Notes that this worker cannot train a study; others may be able to."""
        self._unfit[name] = reason, time.monotonic() + TRY_AGAIN
        self._publish_note()
        self._forget(name)
        self._say(f"'{name}' cannot be trained here: {reason}")

    def _publish_note(self) -> None:
        reasons = [(name, reason) for name, (reason, _) in self._unfit.items()]
        self._context.registry.describe_note(_note(reasons))

    def _study(self, name: str) -> SharedStudy:
        if name not in self._studies:
            try:
                self._studies[name] = self._open_study(self._submissions.get(name), self._context)
            except StudyFileError as error:  # of another version of the tuner
                raise CannotTrainHere(str(error)) from error
        return self._studies[name]


def _note(reasons: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"cannot train '{name}': {reason}" for name, reason in reasons)

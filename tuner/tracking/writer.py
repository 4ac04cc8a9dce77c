"""Writes a study's history and its new entries into MLflow's runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tuner.journal.history import StudyHistory
from tuner.journal.journal_file import Entry
from tuner.reporting.export import best_yaml
from tuner.reporting.story import plain
from tuner.reporting.verdicts import run_name
from tuner.results.events import OF_THE_STUDY, StudyFinished, StudyOpened, TrainingPrepared
from tuner.tracking import pages
from tuner.tracking.batcher import RunUpdate
from tuner.tracking.client import KnownRun, RunStatus, TrackingClient
from tuner.tracking.leaderboard import LEADERBOARD, leaderboard_view
from tuner.tracking.metric_points import AT_THE_END, milliseconds
from tuner.tracking.run_pictures import TakenPicture


@dataclass
class MlflowWriter:
    """One round of sending, always safe to repeat.

    Attributes:
        folder: The study's folder, where the pictures are.
        history: The study after all that is sent.
        alive: Whether a process still works on the study.
    """

    tracking: TrackingClient
    folder: Path
    history: StudyHistory
    alive: bool

    @property
    def parent(self) -> KnownRun:
        """The study's run."""
        return self.tracking.ensure(
            OF_THE_STUDY,
            f"study {self.history.study}",
            milliseconds(self.history.started),
            pages.study_tags(self.history),
        )

    def send(self, entries: list[Entry], updates: dict[int, RunUpdate]) -> None:
        """Sends the updates of all runs; the study's last, so it is never ahead of its trials."""
        parent = self.parent
        for number in sorted(updates.keys() & self.history.trials.keys()):
            self._send_trial(number, updates[number])
        if not parent.deleted:
            self._send_study(parent, updates[OF_THE_STUDY])
            self._send_files(parent, entries)

    def reconcile(self) -> None:
        """Sets the status of every run as in the journal."""
        for number in self.history.trials:
            run = self.tracking.find(number)
            if run and not run.deleted and (run.status, run.ended) != self._status(number):
                self._send_trial(number, RunUpdate())
        parent = self.parent
        if not parent.deleted and (parent.status, parent.ended) != self._study_status():
            self._send_study(parent, RunUpdate())

    def _send_trial(self, number: int, update: RunUpdate) -> None:
        trial = self.history.trials[number]
        name = run_name(trial, self.history.start_weights)
        began = milliseconds(self.history.began[number])
        tags = pages.trial_tags(self.history, number)
        run = self.tracking.ensure(number, name, began, tags)
        if run.deleted:
            return
        weights = {key: plain(value) for key, value in trial.weights.items()}
        note = pages.trial_note(self.history, number, self._picture_of(number, run))
        known = run.named_before
        points = [one for one in update.points if not known or not one.key.startswith(AT_THE_END)]
        self.tracking.send(run, points, weights, {"mlflow.note.content": note, **tags})
        self._send_pictures(run, update)
        self.tracking.set_status(run, *self._status(number))

    def _send_study(self, run: KnownRun, update: RunUpdate) -> None:
        history, experiment = self.history, self.tracking.experiment_id
        self._send_pictures(run, update)
        weights = {key: plain(value) for key, value in history.start_weights.items()}
        note = pages.study_note(history, self._best_picture(), alive=self.alive)
        tags = {"mlflow.note.content": note, **pages.study_tags(history)}
        self.tracking.send(run, update.points, weights, tags)
        self.tracking.tag_experiment(
            {
                "mlflow.note.content": pages.experiment_note(history, experiment, alive=self.alive),
                f"mlflow.sharedViewState.{LEADERBOARD}": leaderboard_view(history),
            }
        )
        self.tracking.set_status(run, *self._study_status())

    def _send_files(self, run: KnownRun, entries: list[Entry]) -> None:
        happened = {type(entry.event) for entry in entries}
        if StudyOpened in happened:
            study = yaml.safe_dump(dict(self.history.spec), sort_keys=False, allow_unicode=True)
            self.tracking.send_text(run, "study.yaml", study)
        if {StudyOpened, TrainingPrepared} & happened:
            made_with = yaml.safe_dump(dict(self.history.provenance), allow_unicode=True)
            self.tracking.send_text(run, "provenance.yaml", made_with)
        if StudyFinished in happened and self.history.finished:
            self.tracking.send_text(run, "best.yaml", best_yaml(self.history, run.run_id))

    def _send_pictures(self, run: KnownRun, update: RunUpdate) -> None:
        taken = [
            TakenPicture(self.folder / picture.path, picture.name, picture.step, at)
            for picture, at in update.pictures
        ]
        self.tracking.send_pictures(run, taken)

    def _best_picture(self) -> str:
        """Address of the latest picture of the study, else of its best trial."""
        complete = [r for r in self.history.results.values() if r.status == "complete"]
        best = min(complete, key=lambda result: result.score or 0.0, default=None)
        for number in (OF_THE_STUDY, best.trial.number if best else OF_THE_STUDY):
            run = self.tracking.find(number)
            if run is not None and (address := self._picture_of(number, run)):
                return address
        return ""

    def _picture_of(self, number: int, run: KnownRun) -> str:
        """Address of the latest picture of a run; empty where it has none."""
        names = [taken.name for taken in self.history.pictures if taken.number == number]
        return pages.picture_address(run.run_id, names[-1]) if names else ""

    def _status(self, number: int) -> tuple[RunStatus, int | None]:
        state = self.history.state(number)
        if state == "running":
            return "RUNNING", None
        status: dict[str, RunStatus] = {"diverged": "FAILED", "interrupted": "KILLED"}
        return status.get(state, "FINISHED"), milliseconds(self.history.stopped[number])

    def _study_status(self) -> tuple[RunStatus, int | None]:
        if self.history.finished and self.history.ended is not None:
            return "FINISHED", milliseconds(self.history.ended)
        if self.alive:
            return "RUNNING", None
        return "KILLED", milliseconds(self.history.last)

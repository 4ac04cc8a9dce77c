"""The one door to MLflow: a study's experiment and runs on one server or database.

Every call is safe to make twice: runs are looked up by the tag `tuner.uid` before they are made,
MLflow drops numbers it has already, and a picture is sent only where it is missing.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tuner.tracking.dead_letters import log_in_parts
from tuner.tracking.experiment import connect, refuse_lost_artifacts
from tuner.tracking.keys import clean_keys
from tuner.tracking.local_database import one_at_a_time
from tuner.tracking.metric_points import MetricPoint
from tuner.tracking.run_pictures import TakenPicture, places_of, send_pictures
from tuner.tracking.unavailable import tracking_unavailable

if TYPE_CHECKING:
    from mlflow.entities import Run

RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
BATCH = 900  # MLflow takes 1000 numbers, parameters and tags together


@dataclass(slots=True)
class KnownRun:
    """A run as MLflow is known to have it.

    Attributes:
        deleted: Whether it was deleted in MLflow; then nothing is sent to it.
        named_before: Whether it has its last numbers under the names that they had until 2026-11.
        ended: In milliseconds since the epoch.
        pictures: Where it has pictures; None before they were listed, which a run that is new does
            not need.
    """

    run_id: str
    status: str
    ended: int | None
    has_parameters: bool
    tags: dict[str, str]
    deleted: bool
    named_before: bool
    pictures: set[str] | None = None


class TrackingClient:
    """One study's experiment.

    Args:
        uri: MLflow's tracking URI.
        study: The study's name, which is the experiment's.
        uid: The study's identity; the parent run's `tuner.uid`, and the beginning of its trials'.

    Raises:
        TrackingUnavailable: MLflow does not answer.
    """

    def __init__(self, uri: str, study: str, uid: str) -> None:
        self._uri, self._study, self._uid = uri, study, uid.replace("'", "")
        with tracking_unavailable(uri), one_at_a_time(uri):
            self._client, self.experiment_id = connect(uri, study)
        with tracking_unavailable(uri):
            self._tags: dict[str, str] = {}
            self._runs = {run.data.tags["tuner.uid"]: _known(run) for run in self._search("%")}
            if self._runs:
                refuse_lost_artifacts(self._client, self.experiment_id, study)

    def find(self, number: int) -> KnownRun | None:
        """The run of a trial, or of the study (-1)."""
        return self._runs.get(self._run_uid(number))

    def ensure(self, number: int, name: str, began: int, tags: Mapping[str, str]) -> KnownRun:
        """The run of a trial, or of the study (-1), made where it is missing."""
        uid = self._run_uid(number)
        if uid not in self._runs:
            with tracking_unavailable(self._uri):
                found = list(self._search(uid.removeprefix(self._uid)))
                run = _known(found[0] if found else self._make(uid, name, began, tags))
                run.pictures = None if found else set()
                self._runs[uid] = run
        return self._runs[uid]

    def send(
        self,
        run: KnownRun,
        points: Sequence[MetricPoint],
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> None:
        """Sends numbers, tags, and, once, parameters."""
        with tracking_unavailable(self._uri):
            from mlflow.entities import Metric, Param, RunTag

            told = clean_keys(tags)
            new = {key: value for key, value in told.items() if run.tags.get(key) != value}
            once = {} if run.has_parameters else clean_keys(parameters)
            metrics = [Metric(point.key, point.value, point.at, point.step) for point in points]
            if metrics or new or once:
                params = [Param(key, value) for key, value in once.items()]
                changed = [RunTag(key, value) for key, value in new.items()]
                log_in_parts(self._client, run.run_id, [*changed, *params, *metrics[:BATCH]])
            for start in range(BATCH, len(metrics), BATCH):
                log_in_parts(self._client, run.run_id, metrics[start : start + BATCH])
            run.has_parameters = True
            run.tags |= new

    def send_pictures(self, run: KnownRun, taken: Sequence[TakenPicture]) -> None:
        """Sends pictures for the sliders of their names, and the latest figure of each name."""
        if not taken:
            return
        with tracking_unavailable(self._uri):
            if run.pictures is None:  # a trial that was killed makes the same pictures again
                run.pictures = places_of(self._client, run.run_id)
            send_pictures(self._client, run.run_id, taken, run.pictures)

    def send_text(self, run: KnownRun, name: str, text: str) -> None:
        """Sends a file."""
        with tracking_unavailable(self._uri):
            self._client.log_text(run.run_id, text, name)

    def set_status(self, run: KnownRun, status: RunStatus, ended: int | None) -> None:
        """Says whether a run goes on, and when it ended."""
        if (run.status, run.ended) == (status, ended):
            return
        with tracking_unavailable(self._uri):
            from mlflow.entities import RunStatus as Statuses

            # The public calls can neither take back an end nor set it when it was set before;
            # MLflow's pages and protocol read an end of 0 as none.
            self._client._tracking_client.store.update_run_info(  # noqa: SLF001
                run.run_id, Statuses.from_string(status), ended or 0, None
            )
        run.status, run.ended = status, ended

    def tag_experiment(self, tags: Mapping[str, str]) -> None:
        """Writes the experiment's note and views."""
        with tracking_unavailable(self._uri):
            for key, value in tags.items():
                if self._tags.get(key) != value:
                    self._client.set_experiment_tag(self.experiment_id, key, value)
                    self._tags[key] = value

    def _search(self, ending: str) -> Iterator[Run]:
        token: str | None = None
        while True:
            page = self._client.search_runs(
                [self.experiment_id],
                filter_string=f"tags.`tuner.uid` LIKE '{self._uid}{ending}'",
                run_view_type=_all_runs(),
                max_results=1000,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    def _make(self, uid: str, name: str, began: int, tags: Mapping[str, str]) -> Run:
        parent = self._runs.get(self._uid)
        own = {
            "tuner.uid": uid,
            "mlflow.user": _user(),
            "mlflow.source.name": f"tuner run --study {self._study}",
            "mlflow.source.type": "LOCAL",
        }
        if parent is not None:
            own["mlflow.parentRunId"] = parent.run_id
        return self._client.create_run(
            self.experiment_id, start_time=began, tags={**clean_keys(tags), **own}, run_name=name
        )

    def _run_uid(self, number: int) -> str:
        return self._uid if number < 0 else f"{self._uid}/{number:04d}"


def _known(run: Run) -> KnownRun:
    return KnownRun(
        run_id=run.info.run_id,
        status=run.info.status,
        ended=run.info.end_time or None,
        has_parameters=bool(run.data.params),
        tags=dict(run.data.tags),
        deleted=run.info.lifecycle_stage == "deleted",
        named_before="time/seconds" in run.data.metrics,
    )


def _all_runs() -> int:
    from mlflow.entities import ViewType

    return int(ViewType.ALL)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

"""The studies that were submitted to a storage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, delete, insert, select, update

from tuner.distributed.database import Database
from tuner.distributed.tables import files, journal, leases, studies
from tuner.errors import StudyChanged, StudyNotFound
from tuner.journal.other_version import of_another_version
from tuner.results import Trial
from tuner.wording import did_you_mean

StudyStatus = Literal["open", "stopped", "finished"]

NOTHING = "[]"
"""An empty list of trials, as it is stored."""


@dataclass(frozen=True, slots=True)
class SubmittedStudy:
    """A study as it was submitted.

    Attributes:
        uid: Unique, also among studies of the same name.
        spec: The settings of the study, as JSON.
        facts: What it has to be trained with, by name, such as the digest of its photos.
        anyway: Whether it goes on although the start weights have not learned color.
        version: How often it was submitted.
        reason: Why it was stopped; empty where a user stopped it.
        recorded: Number of the last line of the journal that MLflow has.
    """

    name: str
    uid: str
    spec: Mapping[str, Any]
    facts: Mapping[str, str]
    anyway: bool
    state: StudyStatus
    version: int
    reason: str = ""
    recorded: int = 0


class StudyRegistry:
    """All studies of a storage.

    Args:
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time) -> None:
        self._database = database
        self._clock = clock

    def leave(
        self, name: str, spec: Mapping[str, Any], facts: Mapping[str, str], *, anyway: bool
    ) -> None:
        """Submits a study, or new settings of one; it is open from then on."""
        row = {
            "spec": json.dumps(spec),
            "facts": json.dumps(facts),
            "anyway": anyway,
            "state": "open",
            "reason": "",
        }
        new = {"name": name, "uid": uuid4().hex, "submitted": self._clock(), "recorded": 0}
        new["version"] = 1
        row |= {"followed": -1, "likely": NOTHING}

        def leave() -> None:
            with self._database.change() as connection:
                here = update(studies).where(studies.c.name == name)
                changed = connection.execute(here.values(**row, version=studies.c.version + 1))
                if not changed.rowcount:
                    connection.execute(insert(studies).values(**new, **row))

        self._database.with_retries(leave)

    def all(self) -> list[SubmittedStudy]:
        """Every study, in the order of submission."""
        return self._find(_wanted().order_by(studies.c.submitted))

    def find(self, name: str) -> SubmittedStudy | None:
        """One study; None where it was not submitted."""
        return next(iter(self._find(_wanted().where(studies.c.name == name))), None)

    def get(self, name: str) -> SubmittedStudy:
        """One study.

        Raises:
            StudyNotFound: It was not submitted; names what is there.
        """
        submission = self.find(name)
        if submission is None:
            known = did_you_mean(name, [one.name for one in self.all()])
            raise StudyNotFound(f"storage: there is no study '{name}'{known}")
        return submission

    def mark(self, submission: SubmittedStudy, state: StudyStatus, reason: str = "") -> None:
        """Stops, reopens or ends a study, unless it was submitted anew meanwhile."""
        asked = studies.c.version == submission.version
        self._change(submission.uid, asked, state=state, reason=reason)

    def mark_followed(self, uid: str, number: int, likely: Sequence[Trial]) -> None:
        """Records the line up to which the study was replayed.

        Args:
            likely: Trials that are only likely to be needed next.
        """
        self._change(uid, followed=number, likely=_written(likely))

    def followed(self, uid: str) -> int:
        """The line up to which the study was replayed; -1 before the first replay.

        Raises:
            StudyChanged: The study was removed.
        """
        wanted = select(studies.c.followed).where(studies.c.uid == uid)

        def look() -> int:
            with self._database.change() as connection:
                number = connection.execute(wanted).scalar()
            if number is None:
                raise StudyChanged("the study is not in the storage any more")
            return int(number)

        return self._database.with_retries(look)

    def take_likely(self, uid: str) -> Trial | None:
        """Takes the first of the trials that are only likely to be needed; None without any.

        Raises:
            StorageError: Another version of the tuner has written them; they stay.
        """
        with self._database.change() as connection:
            here = studies.c.uid == uid
            written = connection.execute(select(studies.c.likely).where(here)).scalar()
            likely = _read(written or NOTHING)
            connection.execute(update(studies).where(here).values(likely=_written(likely[1:])))
            return likely[0] if likely else None

    def mark_recorded(self, uid: str, number: int) -> None:
        """Records how far MLflow has caught up."""
        self._change(uid, recorded=number)

    def remove(self, name: str) -> None:
        """Removes a study and everything about it."""

        def remove() -> None:
            with self._database.change() as connection:
                uids = select(studies.c.uid).where(studies.c.name == name)
                for table in (journal, files, leases):
                    connection.execute(delete(table).where(table.c.study.in_(uids)))
                connection.execute(delete(studies).where(studies.c.name == name))

        self._database.with_retries(remove)

    def _change(self, uid: str, *further: ColumnElement[bool], **values: str | int) -> None:
        wanted = update(studies).where(studies.c.uid == uid, *further)
        self._database.make(wanted.values(values))

    def _find(self, wanted: Select[Any]) -> list[SubmittedStudy]:
        def look() -> list[SubmittedStudy]:
            with self._database.change() as connection:
                return [
                    SubmittedStudy(name, uid, json.loads(spec), json.loads(facts), *rest)
                    for name, uid, spec, facts, *rest in connection.execute(wanted)
                ]

        return self._database.with_retries(look)


def _written(trials: Sequence[Trial]) -> str:
    return json.dumps([one.model_dump(mode="json") for one in trials])


def _read(written: str) -> list[Trial]:
    try:
        return [Trial.model_validate(one) for one in json.loads(written)]
    except (ValueError, TypeError) as error:
        raise of_another_version("a trial that is likely to be needed", error) from error


def _wanted() -> Select[Any]:
    columns = studies.c
    told = (columns.anyway, columns.state, columns.version, columns.reason, columns.recorded)
    return select(columns.name, columns.uid, columns.spec, columns.facts, *told)

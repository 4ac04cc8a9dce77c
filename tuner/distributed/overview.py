"""Where all studies stand, in two short queries, so that many workers can ask often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from tuner.distributed.database import Database
from tuner.distributed.journal_table import FINISHED
from tuner.distributed.leases import Lease
from tuner.distributed.studies import NOTHING
from tuner.distributed.tables import journal, leases, studies


@dataclass(frozen=True, slots=True)
class StudyOverview:
    """Where one study stands.

    Attributes:
        uid: Of the study.
        version: How often it was submitted.
        latest: Number of the line in which the last trial ended; 0 before one did.
        followed: Line up to which it was replayed; -1 before the first replay.
        is_likely: Whether there are trials that are only likely to be needed.
        held: All leases, by name.
    """

    state: str
    uid: str
    version: int
    latest: int = 0
    followed: int = -1
    is_likely: bool = False
    held: Mapping[str, Lease] = field(default_factory=dict)


def read_overview(database: Database) -> dict[str, StudyOverview]:
    """Where every unfinished study stands, in the order of submission."""
    return database.with_retries(lambda: _look(database))


def _look(database: Database) -> dict[str, StudyOverview]:
    going_on = select(studies.c.uid).where(studies.c.state != "finished")
    latest = select(journal.c.study, func.max(journal.c.id)).where(journal.c.kind == FINISHED)
    ended = latest.where(journal.c.study.in_(going_on)).group_by(journal.c.study).subquery()
    joined = studies.outerjoin(ended, studies.c.uid == ended.c.study)
    named = (studies.c.name, studies.c.state, studies.c.uid, studies.c.version)
    asked = select(*named, ended.c[1], studies.c.followed, studies.c.likely != NOTHING)
    asked = asked.select_from(joined).where(studies.c.state != "finished")
    holding = select(leases.c.study, leases.c.what, leases.c.worker, leases.c.deaths)
    with database.change() as connection:
        rows = connection.execute(asked.order_by(studies.c.submitted)).all()
        held: dict[str, dict[str, Lease]] = {}
        for uid, what, worker, deaths in connection.execute(
            holding.where(leases.c.study.in_(going_on))
        ):
            held.setdefault(uid, {})[what] = Lease(worker, deaths)
    return {
        name: StudyOverview(state, uid, version, last or 0, followed, likely, held.get(uid, {}))
        for name, state, uid, version, last, followed, likely in rows
    }

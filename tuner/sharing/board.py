"""Where all studies stand, in two short questions, so that many may ask often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from tuner.sharing.claims import Claim
from tuner.sharing.database import Database
from tuner.sharing.ledger import FINISHED
from tuner.sharing.offers import NOTHING
from tuner.sharing.tables import claims, journal, studies


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one study stands.

    Attributes:
        latest: Number of the line in which the last trial ended; 0 before one did.
        followed: Up to which line its course was followed; -1 before it was begun.
        is_likely: Whether there are trials that are only likely to be needed.
        held: Who has what.
    """

    state: str
    latest: int = 0
    followed: int = -1
    is_likely: bool = False
    held: Mapping[str, Claim] = field(default_factory=dict)

    @property
    def is_news(self) -> bool:
        """Whether nobody has drawn the conclusions yet."""
        return self.latest > self.followed


def look(database: Database) -> dict[str, Standing]:
    """Where every study stands, those first that were submitted first."""
    return database.patiently(lambda: _look(database))


def _look(database: Database) -> dict[str, Standing]:
    latest = select(journal.c.study, func.max(journal.c.id)).where(journal.c.kind == FINISHED)
    ended = latest.group_by(journal.c.study).subquery()
    joined = studies.outerjoin(ended, studies.c.name == ended.c.study)
    told = (studies.c.state, ended.c[1], studies.c.followed, studies.c.likely != NOTHING)
    asked = select(studies.c.name, *told)
    with database.change() as connection:
        rows = connection.execute(asked.select_from(joined).order_by(studies.c.submitted)).all()
        held: dict[str, dict[str, Claim]] = {name: {} for name, *_ in rows}
        for study, what, worker, deaths in connection.execute(
            select(claims.c.study, claims.c.what, claims.c.worker, claims.c.deaths)
        ):
            held.setdefault(study, {})[what] = Claim(worker, deaths)
    return {
        name: Standing(state, latest or 0, followed, is_likely, held[name])
        for name, state, latest, followed, is_likely in rows
    }

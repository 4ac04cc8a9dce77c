"""What a worker works with, and how it makes ready for a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tuner.announcements import adviser, opening
from tuner.errors import TrainerError, TunerError
from tuner.events import AdviceGiven, TrainingPrepared
from tuner.plan import make_plan
from tuner.records.teller import Teller
from tuner.search.storage import TrialStorage, close_storage, reach_storage
from tuner.service.book import LedgerBook
from tuner.sharing.database import Database
from tuner.sharing.ledger import Ledger, events_of
from tuner.sharing.offers import Offer
from tuner.sharing.roll import Roll
from tuner.study import StudySpec
from tuner.trainers import Before, Score, Sharing, Trainer, choose_trainer
from tuner.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    """What a worker works with, whatever the study.

    Attributes:
        photos: Where the photos lie on this machine, where that is not as the study says.
        share: Where all machines see checkpoints; a folder or an address.
        evaluate: Replaces training.
    """

    database: Database
    roll: Roll
    workspace: Workspace
    photos: str | None = None
    share: str | None = None
    evaluate: Score | None = None

    @cached_property
    def trials(self) -> TrialStorage:
        """Where the trials of all studies are."""
        return self.database.patiently(lambda: reach_storage(self.database.url))

    def close(self) -> None:
        """Closes its connections to the trials."""
        close_storage(self.trials)


class Unfit(TrainerError):
    """This worker cannot train a study that others may be able to train."""


class Equipment:
    """A trainer that is ready, and the teller that it tells through.

    Args:
        spec: The study with its photos where they lie here.
        worked: Whether any trial of the study has a score already.

    Raises:
        Unfit: Photos, networks or scripts are not here, or not those the study was begun with.
    """

    def __init__(
        self, spec: StudySpec, offer: Offer, ledger: Ledger, desk: Desk, *, worked: bool
    ) -> None:
        self._spec = spec
        self._uid = offer.uid
        self._opening = opening(spec, make_plan(spec), offer.uid)
        self._ledger = ledger
        self._desk = desk
        self.worked = worked
        begun_with = self._begun_with()
        self.teller, self.trainer = self._make_ready(begun_with or offer.facts)
        if not begun_with and self._begun_with():
            # Who was first to make ready has decided with what; perhaps it was another worker.
            self.teller.close()
            self.teller, self.trainer = self._make_ready(self._begun_with())

    def close(self) -> None:
        """Writes what is waiting."""
        self.teller.close()

    def _make_ready(self, facts: Mapping[str, str]) -> tuple[Teller, Trainer]:
        workspace = self._desk.workspace
        folder = workspace.working_folder(self._uid)
        folder.mkdir(parents=True, exist_ok=True)
        given = events_of(self._ledger.read(kinds=["advice given"]))
        teller = Teller(
            folder,
            self._opening,
            advise=adviser(self._spec, [one for one in given if isinstance(one, AdviceGiven)]),
            open_journal=lambda place: LedgerBook(self._ledger, place),
        )
        before = Before(facts, worked=self.worked)
        share = Sharing(self._desk.share, self._uid) if self._desk.share else None
        trainer = choose_trainer(
            self._spec, self._desk.evaluate, workspace.photo_cache, before, teller, share
        )
        try:
            trainer.make_ready()
        except (TunerError, OSError) as error:
            raise Unfit(str(error)) from error
        return teller, trainer

    def _begun_with(self) -> Mapping[str, str]:
        """What the study was begun with; empty before anybody has begun."""
        for event in events_of(self._ledger.read(kinds=["training prepared"])):
            if isinstance(event, TrainingPrepared):
                return event.facts
        return {}

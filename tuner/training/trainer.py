"""The built-in trainer: prepared when the first trial asks for it, not before.

A finished study that is run again therefore reads no photos and builds no networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuner.events import Listener, TrainingPrepared, TrialFinished
from tuner.results import Prune, Trial, TrialResult
from tuner.study import StudySpec
from tuner.training.bench import Keep, Show
from tuner.training.engine import everybody_stays, train_together
from tuner.training.facts import refuse_changes
from tuner.training.left_out import tell_left_out
from tuner.training.memory import Room
from tuner.training.setting import Setting, prepare
from tuner.training.share import Share

MUST_STAY = ("photos", "training network", "scoring network", "start network", "model", "loss")
"""Facts without which scores of one study could not be compared."""


@dataclass
class BuiltinTrainer:
    """Trains lists of trials with the built-in loop.

    Attributes:
        folder: The study's folder.
        cache: Folder for decoded photos.
        facts: What an earlier run of the study was trained with; empty for a new one.
        share: Where other machines see checkpoints, too.
    """

    spec: StudySpec
    folder: Path
    cache: Path
    facts: Mapping[str, str]
    tell: Listener
    show: Show
    keep: Keep
    progress: Callable[[int, int], None] | None = None
    share: Share | None = None
    _setting: Setting | None = None
    _room: Room = field(default_factory=Room)

    def __call__(
        self, trials: Sequence[Trial], prune: Prune = everybody_stays
    ) -> list[TrialResult]:
        """Trains all trials; each result is told as soon as it is there.

        Args:
            prune: May send trials away before their end.

        Raises:
            TunerError: Photos, networks or device cannot be used, or are not those that the
                study began with.
        """
        bench = self.make_ready().bench
        return self._room.train(
            trials,
            lambda some, on_finished: train_together(some, bench, on_finished, prune),
            lambda result: self.tell(TrialFinished(result=result)),
        )

    def make_ready(self) -> Setting:
        """Reads photos and builds networks, once; nothing was told before it worked.

        Raises:
            TunerError: As above.
        """
        if self._setting is None:
            self._setting = self._prepare()
        return self._setting

    def _prepare(self) -> Setting:
        setting = prepare(
            self.spec, self.folder, self.cache, self.facts,
            self.tell, self.show, self.progress, self.keep, self.share,
        )  # fmt: skip
        refuse_changes(self.spec.study, self.facts, setting.facts, MUST_STAY)
        left_out = tell_left_out(setting.patches.left_out, self.folder)
        notices = (*setting.notices, left_out) if left_out else setting.notices
        self.tell(TrainingPrepared(facts=setting.facts, notices=notices))
        return setting

"""The built-in trainer: prepared when the first trial asks for it, not before.

A finished study that is run again therefore reads no photos and builds no networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tuner.data.left_out import tell_left_out
from tuner.results import Prune, Trial, TrialResult, never_prune
from tuner.results.events import Listener, TrainingPrepared, TrialFinished, TrialStarted
from tuner.results.progress import Notify, ignore_progress
from tuner.spec.study import StudySpec
from tuner.training.context import Keep, Show
from tuner.training.facts import refuse_changes
from tuner.training.memory_fit import MemoryFit
from tuner.training.prepare import PreparedTraining, prepare
from tuner.training.remote_store import RemoteStore
from tuner.training.trial_group import train_together

MUST_STAY = (
    "photos", "training network", "scoring network", "score", "start network", "model", "loss",
)  # fmt: skip
"""Facts that must stay the same, or scores of a study cannot be compared."""


@dataclass
class BuiltinTrainer:
    """Trains lists of trials with the built-in loop.

    Attributes:
        folder: The study's folder.
        cache: Folder for decoded photos.
        facts: What an earlier run of the study was trained with; empty for a new one.
        notify: Is called with what is done at the moment, from several threads.
        share: Where other machines see checkpoints, too.
    """

    spec: StudySpec
    folder: Path
    cache: Path
    facts: Mapping[str, str]
    tell: Listener
    show: Show
    keep: Keep
    notify: Notify = ignore_progress
    share: RemoteStore | None = None
    _prepared: PreparedTraining | None = None
    _memory_fit: MemoryFit = field(default_factory=MemoryFit)

    def train(self, trials: Sequence[Trial], prune: Prune = never_prune) -> list[TrialResult]:
        """Trains all trials; each result is recorded as soon as it is there.

        Args:
            trials: Each with its number.
            prune: May end trials before their last step.

        Raises:
            TunerError: Photos, networks or device cannot be used, or are not those that the
                study began with.
        """
        context = self.make_ready().context
        for trial in trials:
            self.tell(TrialStarted(trial=trial))
        return self._memory_fit.train(
            trials,
            lambda some, on_finished: train_together(some, context, on_finished, prune),
            lambda result: self.tell(TrialFinished(result=result)),
        )

    def beside(self, asked: Sequence[Trial], likely: Iterable[Trial]) -> Sequence[Trial]:
        """The likely trials for cores that would idle; none takes longer than those asked for.

        None where networks learn in groups: there the company changes their last digits.
        """
        context = self.make_ready().context
        if context.recipe.engine != "loop":
            return ()
        longest = max(trial.steps for trial in asked)
        fit = (
            trial
            for trial in likely
            if trial.steps <= longest and context.warm_starts.has(trial.seed)
        )
        return [*islice(fit, max(0, context.threads - len(asked)))]

    def make_ready(self) -> PreparedTraining:
        """Reads photos and builds networks, once; records nothing where that fails.

        Raises:
            TunerError: As above.
        """
        if self._prepared is None:
            self._prepared = self._prepare()
        return self._prepared

    def _prepare(self) -> PreparedTraining:
        prepared = prepare(
            self.spec, self.folder, self.cache, self.facts,
            self.tell, self.show, self.notify, self.keep, self.share,
        )  # fmt: skip
        refuse_changes(self.spec.study, self.facts, prepared.facts, MUST_STAY)
        patches = prepared.patches
        notices, remarks = tell_left_out(patches.left_out, patches.usable, self.folder)
        notices = (*prepared.notices, *notices)
        self.tell(TrainingPrepared(facts=prepared.facts, notices=notices, remarks=remarks))
        return prepared

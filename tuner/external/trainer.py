"""Trains with the user's own script or function, and scores its output.

A trial that fails is a result with a reason, and the study goes on. Where no trial has ever worked,
the study stops, says why, and does not record these trials: they are tried again next time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tuner.errors import TrainerError
from tuner.errors.thread_pool import ThreadPool
from tuner.external.disk_room import refuse_without_room
from tuner.external.failure import TrialFailed
from tuner.external.interpreter import INTERPRETER
from tuner.external.on_the_way import LeftEarly
from tuner.external.process import ProcessEnded, StopSignal
from tuner.external.scoring import MetricScorer, OutputScorer
from tuner.external.script import Script
from tuner.external.script_checks import check_script, interpreter_of_study
from tuner.external.script_files import (
    ScriptFiles,
    keep_list,
    refuse_a_changed_script,
    script_facts,
)
from tuner.external.side_by_side import gpu_places
from tuner.external.unreported import refuse_unreported
from tuner.results import Prune, RunningTrial, Trial, TrialResult, never_prune
from tuner.results.events import Listener, TrainingPrepared, TrialFinished, TrialStarted
from tuner.results.progress import Notify, announced, ignore_progress, photo_progress
from tuner.spec.study import StudySpec
from tuner.training.facts import refuse_changes

if TYPE_CHECKING:  # these load torch, which a study with a number of its own does not need
    from tuner.data.left_out import Sentences
    from tuner.external.heldout import Heldout
    from tuner.training.context import Keep, Show

FAILURES_AT_THE_START = 3
MUST_STAY = ("photos", "scoring network", "score", "objective")
"""Facts that must stay the same, or scores of a study cannot be compared."""


class ExternalTrainer:
    """Trains lists of trials with the study's own script.

    Args:
        folder: The study's folder.
        cache: Folder for decoded photos.
        facts: What an earlier run of the study was trained with; empty for a new one.
        worked: Whether any trial of the study has a score already.
        notify: Called with what is done at the moment.
    """

    def __init__(
        self,
        spec: StudySpec,
        folder: Path,
        cache: Path,
        facts: Mapping[str, str],
        tell: Listener,
        show: Show,
        keep: Keep,
        *,
        worked: bool = False,
        notify: Notify = ignore_progress,
    ) -> None:
        self._spec, self._folder, self._cache, self._facts = spec, folder.absolute(), cache, facts
        self._tell, self._show, self._keep = tell, show, keep
        self._worked, self._notify = worked, notify
        self._failed: list[tuple[TrialResult, TrialFailed]] = []
        self._lock = Lock()
        self._ready: tuple[Heldout | None, OutputScorer] | None = None
        self._files = ScriptFiles(spec)
        self._began_with: Mapping[str, str] = {}

    def make_ready(self) -> tuple[Heldout | None, OutputScorer]:
        """Prepares photos and scorer, once; records nothing where that fails.

        Raises:
            TunerError: Photos, files or programs cannot be used, or are not those that the study
                began with.
        """
        if self._ready is None:
            self._ready = self._prepare()
        return self._ready

    def train(self, trials: Sequence[Trial], prune: Prune = never_prune) -> list[TrialResult]:
        """One result for each trial, recorded as soon as it is there.

        Raises:
            TunerError: As above; or no trial has ever worked.
        """
        heldout, scorer = self.make_ready()
        stop = StopSignal()
        script = Script(
            self._spec, self._folder, heldout, self._tell, stop,
            scorer.course, partial(self._leaves, prune),
        )  # fmt: skip
        gpus = gpu_places(self._spec.trainer.parallel)

        def train(trial: Trial) -> TrialResult:
            gpu = gpus.get()
            try:
                stop.check()
                self._refuse_a_changed_script(self._began_with)
                result, failure = _train(
                    trial, script, scorer, gpu, self._tell, worked=self._worked
                )
                self._take(result, failure)
            except BaseException:
                stop.ask()  # before this thread can begin another trial
                raise
            finally:
                gpus.put(gpu)
            return result

        with ThreadPool(self._spec.trainer.parallel) as pool:
            tasks = [pool.submit(partial(train, trial)) for trial in trials]
            try:
                _refuse_first_problem(pool.as_completed(tasks))
                self._refuse_if_nothing_worked()
            except BaseException:
                stop.ask()
                raise
        return [task.result() for task in tasks]

    def beside(self, _asked: Sequence[Trial], _likely: Iterable[Trial]) -> Sequence[Trial]:
        """None: how many cores a script keeps busy is not known."""
        return ()

    def _leaves(self, prune: Prune, running: RunningTrial) -> str:
        with self._lock:
            return prune([running]).get(running.trial.number, "")

    def _prepare(self) -> tuple[Heldout | None, OutputScorer]:
        spec, heldout = self._spec, None
        scorer: OutputScorer
        told: tuple[Sentences, Sentences] = ((), ())
        if spec.objective.metric is not None:
            refuse_unreported(spec, self._files.texts())
            scorer = MetricScorer(spec.objective, spec.guardrails.guarded)
        else:
            with announced(self._notify, "loading PyTorch"):
                from tuner.data.left_out import tell_left_out
                from tuner.external.heldout import prepare_heldout
                from tuner.external.photo_scoring import PhotoScorer

            photos = self._folder / "photos"
            heldout = prepare_heldout(spec.data, photos, self._cache, photo_progress(self._notify))
            with announced(self._notify, "loading networks"):
                scorer = PhotoScorer(
                    spec, heldout, self._facts, self._tell, self._show, self._keep, self._notify
                )
            told = tell_left_out(heldout.left_out, heldout.usable, self._folder)
        check_script(spec, self._folder, heldout)
        facts = {
            "trainer": spec.trainer.kind,
            **scorer.facts,
            **script_facts(
                self._files.digests(), interpreter_of_study(spec, self._folder, heldout)
            ),
        }
        refuse_changes(spec.study, self._facts, facts, MUST_STAY)
        if self._worked:  # before that it is still being mended
            self._refuse_a_changed_script(self._facts)
            if INTERPRETER in facts:
                refuse_changes(spec.study, self._facts, facts, [INTERPRETER])
        keep_list(self._folder, self._files.digests())
        self._began_with = facts
        notices, remarks = (*scorer.notices, *told[0]), (*scorer.remarks, *told[1])
        self._tell(TrainingPrepared(facts=facts, notices=notices, remarks=remarks))
        return heldout, scorer

    def _refuse_a_changed_script(self, before: Mapping[str, str]) -> None:
        with self._lock:
            digests = self._files.digests()
        refuse_a_changed_script(self._spec.study, self._folder, before, digests)

    def _take(self, result: TrialResult, failure: TrialFailed | None) -> None:
        """Records a result; a failure only once any trial has worked."""
        with self._lock:
            if failure is not None and not self._worked:
                self._failed.append((result, failure))
                if len(self._failed) >= FAILURES_AT_THE_START:
                    self._refuse_if_nothing_worked()
                return
            self._worked = True
            for earlier, _ in self._failed:
                self._tell(TrialFinished(result=earlier))
            self._failed.clear()
            self._tell(TrialFinished(result=result))

    def _refuse_if_nothing_worked(self) -> None:
        if not self._failed:
            return
        failures, (_, last) = len(self._failed), self._failed[-1]
        self._failed.clear()
        first = "first trial" if failures == 1 else f"first {failures} trials"
        output = "".join(f"\n  | {line}" for line in last.last_lines)
        raise TrainerError(
            f"the {first} failed, so nothing more is spent: {last.reason}{output}\n"
            f"mend it and give the same command again; {self._folder / 'trials'} has the whole "
            "output"
        )


def _train(
    trial: Trial,
    script: Script,
    scorer: OutputScorer,
    gpu: str | None,
    tell: Listener,
    *,
    worked: bool,
) -> tuple[TrialResult, TrialFailed | None]:
    """A result, and why there is no score; a fault of all pictures counts until a trial works."""
    began = time.monotonic()
    tell(TrialStarted(trial=trial))
    failure = None
    try:
        left = script.run(trial, gpu)
        if not worked:
            left.refuse_a_fault()
        result = scorer.judged(trial, left)
        result = result.model_copy(update={"warnings": (*result.warnings, *left.remarks)})
    except LeftEarly as left_early:
        result = TrialResult(
            trial=trial, status="pruned", score=None, reason=left_early.reason,
            evaluations=left_early.evaluations,
        )  # fmt: skip
    except TrialFailed as failed:
        refuse_without_room(script.folder, failed.last_lines)
        failure = failed
        result = TrialResult(trial=trial, status="diverged", score=None, reason=failed.reason)
    return result.model_copy(update={"seconds": time.monotonic() - began}), failure


def _refuse_first_problem(tasks: Iterable[Future[TrialResult]]) -> None:
    """Waits for all trials; raises the first error that is not a stopped process."""
    for task in tasks:
        problem = task.exception()
        if problem is not None and not isinstance(problem, ProcessEnded):
            raise problem

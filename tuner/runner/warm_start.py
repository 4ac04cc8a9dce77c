"""Reads what an earlier study learned, for a study that begins with it."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.errors import StudyNotFound, TunerError
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import find_history
from tuner.journal.workspace import Workspace
from tuner.results import TrialResult
from tuner.spec.changes import describe_changes
from tuner.spec.study import LearnedSpec, PriorResultSpec, StudySpec
from tuner.spec.study_file import recorded_study
from tuner.wording import listed

MOST = 500
"""Results that are taken over, the latest ones; they are written into each opening of the study."""


def with_learned(spec: StudySpec, workspace: Workspace) -> StudySpec:
    """The study with the results of the study that `warm_start` names, as they are now.

    Raises:
        StudyNotFound: Nothing is recorded of it in this working folder.
        TunerError: It was scored otherwise, lacks a weight, or its noise is not known yet.
    """
    name = spec.warm_start
    if name is None or spec.learned is not None:
        return spec
    history = find_history(workspace.folder(name), curves=False) if name != spec.study else None
    if history is None:
        raise StudyNotFound(
            f"warm_start: nothing is recorded of a study '{name}' in {workspace.runs} "
            "(allowed: another study of this working folder)"
        )
    _refuse(spec, history)
    results = tuple(_prior(spec, history))[-MOST:]
    if history.noise is None or len(results) < 2:  # noqa: PLR2004 - a difference
        raise TunerError(f"warm_start: '{name}' has not learned anything yet; run it first")
    learned = LearnedSpec(
        study=name, uid=history.opened.uid, noise=max(history.noise.sd, 1e-9), results=results
    )
    return spec.model_copy(update={"learned": learned})


def _refuse(spec: StudySpec, history: StudyHistory) -> None:
    before = recorded_study(history.spec)
    changes = describe_changes(spec.model_copy(update={"objective": before.objective}), spec)
    if changes:
        raise TunerError(
            f"warm_start: '{history.study}' was scored otherwise ({'; '.join(changes)}), so its "
            "scores cannot be compared with those of this study"
        )
    lacking = [name for name in _varied(spec) if name not in before.weights]
    if lacking:
        raise TunerError(
            f"warm_start: '{history.study}' has no weight {listed(lacking)}; it has "
            f"{listed(list(before.weights))}"
        )


def _prior(spec: StudySpec, history: StudyHistory) -> Iterator[PriorResultSpec]:
    """Whole trainings that differ from the start weights of their study in varied weights only."""
    varied, before = set(_varied(spec)), recorded_study(history.spec)
    for _, result in sorted(history.results.items()):
        weights = result.trial.weights
        elsewhere = any(
            weights[name] != start for name, start in before.weights.items() if name not in varied
        )
        if _counts(result, before.trainer.steps) and not elsewhere:
            kept = {name: weights[name] for name in sorted(varied)}
            yield PriorResultSpec(weights=kept, seed=result.trial.seed, score=result.score)


def _counts(result: TrialResult, steps: int) -> bool:
    whole = result.status == "complete" and result.score is not None
    return whole and result.trial.steps == steps and not result.trial.rival


def _varied(spec: StudySpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stage.vary for stage in spec.stages))

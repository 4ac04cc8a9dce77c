"""Turns predictions of the held-out photos into a result, for every kind of trainer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch

from tuner.color.packaged import FOR_LOSS, FOR_SCORE
from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import NEWEST, PhotoScores
from tuner.color.trunk import choose_trunks
from tuner.errors import TrainerError
from tuner.results import Evaluation, Trial, TrialResult
from tuner.spec.base import PerceptualNet
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec
from tuner.spec.study import StudySpec
from tuner.training.facts import SCORING, TRAINING, score_of
from tuner.wording import did_you_mean

CURVES = ("lpips", "colorfulness", "chroma_ratio", "cast", "ab_slope", "ciede2000")
"""The measures that get a curve."""

NOTHING: Mapping[str, float] = MappingProxyType({})


def load_networks(
    spec: StudySpec, facts: Mapping[str, str], device: torch.device, *, training: bool
) -> tuple[dict[str, PerceptualDistance], str]:
    """The LPIPS networks by the name of their fact, and what the user should know about them.

    Args:
        facts: What an earlier run of the study was judged with; a trunk that 'auto' found then
            stays, so that the study can go on.
        training: Whether the loss needs one, too.
    """
    scoring = spec.objective.lpips
    named: dict[str, tuple[PerceptualNet, str]] = {SCORING: (scoring.net, scoring.trunk)}
    if training:
        asked = (spec.trainer.perceptual_net, spec.trainer.perceptual_trunk)
        named = {TRAINING: asked, **named}
    may_download = spec.preset != "quick"
    earlier = _earlier_choice(named, facts)
    if earlier:
        trunks = tuple(earlier if trunk == "auto" else trunk for _, trunk in named.values())
        notice = ""
    else:
        trunks, notice = choose_trunks([*named.values()], allow_download=may_download)
    nets = {
        name: PerceptualDistance(
            net,
            trunk,
            device,
            allow_download=may_download,
            blocks=FOR_SCORE if name == SCORING else FOR_LOSS,
        )
        for (name, (net, _)), trunk in zip(named.items(), trunks, strict=True)
    }
    return nets, notice


def _earlier_choice(
    named: Mapping[str, tuple[PerceptualNet, str]], facts: Mapping[str, str]
) -> str:
    """What 'auto' became when the study began, where it was not LPIPS's own; '' if not known."""
    automatic = [name for name, (_, trunk) in named.items() if trunk == "auto"]
    for trunk in ("random", "packaged"):
        if any(f" {trunk} " in facts.get(name, "") for name in automatic):
            return trunk
    return ""


def with_score_version(objective: ObjectiveSpec, facts: Mapping[str, str]) -> ObjectiveSpec:
    """The objective with a version of the score: the newest, or the one that a study began with.

    Args:
        facts: What an earlier run of the study was judged with; none for a new study.
    """
    if objective.version != "auto":
        return objective
    earlier = score_of(facts) or f"version {NEWEST}"
    return objective.model_copy(update={"version": int(earlier.split()[-1])})


def refuse_unmeasured_guardrails(guardrails: GuardrailsSpec, measured: Sequence[str]) -> None:
    """Refuses a guardrail on a number that is not measured on the held-out photos.

    Raises:
        TrainerError: Says which, with the nearest one that is.
    """
    for name in guardrails.metrics:
        if name not in measured:
            raise TrainerError(
                f"guardrails.metrics: '{name}' is not measured on the held-out photos"
                f"{did_you_mean(name, sorted(measured))}"
            )


def describe(net: PerceptualDistance) -> str:
    """A network as a fact: its name, and which weights it has."""
    return f"{net.net} {net.trunk.name} {net.trunk.digest[:12]}"


def evaluation_of(step: int, scores: PhotoScores) -> Evaluation:
    """The evaluation of the held-out photos after a step."""
    return Evaluation(step=step, score=scores.value, ab_slope=scores.measures["ab_slope"])


def curve_of(scores: PhotoScores) -> dict[str, float]:
    """The numbers of an evaluation that get a curve, by the curve's name."""
    measures = {f"heldout/{name}": scores.measures[name] for name in CURVES}
    return {"heldout/score": scores.value, **measures}


def scored(
    trial: Trial,
    scores: PhotoScores,
    evaluations: Sequence[Evaluation],
    more: Mapping[str, float] = NOTHING,
) -> TrialResult:
    """The result of a trial that came to its end.

    Args:
        scores: Of its last evaluation; their value is finite.
        more: Measures of the training itself.
    """
    return TrialResult(
        trial=trial,
        status="rejected" if scores.rejected else "complete",
        score=scores.value,
        reason=scores.rejected,
        measures={**scores.measures, **more},
        warnings=scores.warnings,
        evaluations=tuple(evaluations),
    )

"""Scores the predictions of somebody's own script as those of the built-in trainer are scored."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

import torch

from tuner.color.kept import as_arrays
from tuner.color.perceptual import PerceptualDistance
from tuner.color.score import PhotoScores, Scorer
from tuner.color.trunk import choose_trunks
from tuner.events import CurvePoint, Listener
from tuner.results import Look, Trial, TrialResult
from tuner.study import StudySpec
from tuner.training.bench import Keep, Show
from tuner.training.data import Batch, as_batch, as_squares
from tuner.training.device import choose_device, on_one_core
from tuner.training.own.heldout import Heldout
from tuner.training.own.judge import Left
from tuner.training.setting import choose_gallery

CURVES = ("lpips", "colorfulness", "chroma_ratio", "cast", "ab_slope", "ciede2000")
SCORING_NETWORK = "scoring network"


class OfPhotos:
    """Scores predictions of the held-out photos as the built-in trainer's are scored.

    Args:
        facts: What an earlier run of the study was judged with; a random LPIPS trunk stays
            random, so that the study can go on.
        listen: Is told about the last look.
        show: Is handed predictions.
        keep: Is handed what was read off them.
    """

    def __init__(
        self,
        spec: StudySpec,
        heldout: Heldout,
        facts: Mapping[str, str],
        listen: Listener,
        show: Show,
        keep: Keep,
    ) -> None:
        self._device = choose_device(spec.trainer.device)
        net, self.notice = _network(spec, facts, self._device)
        self._photos: Batch = as_batch(heldout.squares, self._device)
        self._gallery = list(choose_gallery(heldout.squares, heldout.names))
        with on_one_core():
            self._scorer = Scorer(self._photos.rgb, spec.objective, spec.guardrails, net)
        self._listen, self._show, self._keep = listen, show, keep
        self._alone = Lock()
        self.facts = {
            "photos": heldout.digest,
            SCORING_NETWORK: f"{net.net} {net.trunk.name} {net.trunk.digest[:12]}",
            "device": str(self._device),
            "photo summary": heldout.summary,
        }

    def judged(self, trial: Trial, left: Left) -> TrialResult:
        """As `Judge` says."""
        assert left.predictions is not None, "it was asked for them"
        prediction = as_batch(left.predictions, self._device).rgb
        # One at a time and on one core, so that no sum depends on who else is at work.
        with self._alone, on_one_core():
            scores = self._scorer.score(prediction)
            self._tell(trial, scores)
            chosen = self._gallery
            photo, gray = self._photos.rgb[chosen], self._photos.gray[chosen]
            views = (gray.expand_as(photo), prediction[chosen], photo)
            self._show(trial, trial.steps, *(as_squares(view) for view in views))
            assert scores.reading is not None, "pictures hold finite numbers"
            self._keep(trial, as_arrays(scores.reading))
        look = Look(step=trial.steps, score=scores.value, ab_slope=scores.measures["ab_slope"])
        return TrialResult(
            trial=trial,
            status="rejected" if scores.rejected else "complete",
            score=scores.value,
            reason=scores.rejected,
            measures=scores.measures,
            warnings=scores.warnings,
            looks=(look,),
        )

    def _tell(self, trial: Trial, scores: PhotoScores) -> None:
        values = {f"heldout/{name}": scores.measures[name] for name in CURVES}
        values["heldout/score"] = scores.value
        self._listen(CurvePoint(number=trial.number, step=trial.steps, values=values))


def _network(
    spec: StudySpec, facts: Mapping[str, str], device: torch.device
) -> tuple[PerceptualDistance, str]:
    """The LPIPS network that scores, and what the user should know about it."""
    asked, may_download = spec.objective.lpips, spec.preset != "quick"
    if asked.trunk == "auto" and " random " in facts.get(SCORING_NETWORK, ""):
        trunk, notice = "random", ""
    else:
        (trunk,), notice = choose_trunks([(asked.net, asked.trunk)], allow_download=may_download)
    return PerceptualDistance(asked.net, trunk, device, allow_download=may_download), notice

"""Scores the predictions of an external script in the same way as those of the built-in trainer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from tuner.color.perceptual import PerceptualDistance
from tuner.color.reading_arrays import as_arrays
from tuner.color.score import PhotoScores, Scorer
from tuner.data.batches import Batch, as_batch, as_squares
from tuner.data.cutting import Pixels
from tuner.data.gallery import choose_gallery
from tuner.external.heldout import Heldout
from tuner.external.on_the_way import Course, NoCourse, PictureCourse
from tuner.external.scoring import TrialOutput
from tuner.external.trial_dir import working_folder
from tuner.results import Evaluation, Trial, TrialResult
from tuner.results.events import CurvePoint, Listener
from tuner.results.progress import Notify, announced, ignore_progress
from tuner.spec.objective import ObjectiveSpec
from tuner.spec.study import StudySpec
from tuner.training.claim_scorer import ClaimScorer, Vault
from tuner.training.context import Keep, Show
from tuner.training.device import choose_device, on_one_core
from tuner.training.facts import SCORE, SCORING
from tuner.training.scoring import (
    curve_of,
    describe,
    evaluation_of,
    load_networks,
    refuse_unmeasured_guardrails,
    scored,
    with_score_version,
)


class PhotoScorer:
    """Scores predictions of the held-out photos as the built-in trainer does.

    Args:
        facts: What an earlier run of the study was judged with; a random LPIPS trunk stays
            random, so that the study can go on.
        listen: Called with the points of each evaluation.
        show: Called with predictions.
        keep: Called with the measurements of each photo.
        notify: Called with what is done at the moment.
    """

    def __init__(
        self,
        spec: StudySpec,
        heldout: Heldout,
        facts: Mapping[str, str],
        listen: Listener,
        show: Show,
        keep: Keep,
        notify: Notify = ignore_progress,
    ) -> None:
        self._device = choose_device(spec.trainer.device)
        nets, notice = load_networks(spec, facts, self._device, training=False)
        self.notices, self.remarks = tuple(filter(None, [notice])), ()
        self._photos: Batch = as_batch(heldout.squares, self._device)
        self._gallery = list(choose_gallery(heldout.squares, heldout.names))
        objective = with_score_version(spec.objective, facts)
        with on_one_core():
            self._scorer = Scorer(self._photos.rgb, objective, spec.guardrails, nets[SCORING])
            refuse_unmeasured_guardrails(spec.guardrails, self._scorer.measured)
            vault = self._vault(heldout, objective, spec, nets[SCORING])
        self._claim_scorer = ClaimScorer(self._scorer, heldout.photos, vault)
        self._listen, self._show, self._keep, self._notify = listen, show, keep, notify
        self._spec, self._heldout, self._alone = spec, heldout, Lock()
        self.facts = {
            "photos": heldout.digest,
            SCORING: describe(nets[SCORING]),
            SCORE: f"version {objective.version}",
            "device": str(self._device),
            "photo summary": heldout.summary,
        }

    def judged(self, trial: Trial, left: TrialOutput) -> TrialResult:
        """As `OutputScorer` says."""
        assert left.predictions is not None, "it was asked for them"
        everything = as_batch(left.predictions, self._device).rgb
        held = len(self._photos.rgb)
        prediction, of_vault = everything[:held], everything[held:]
        with self._scoring(trial):
            scores = self._scorer.score(prediction)
            self._tell(trial, trial.steps, scores)
            chosen = self._gallery
            photo, gray = self._photos.rgb[chosen], self._photos.gray[chosen]
            views = (gray.expand_as(photo), prediction[chosen], photo)
            self._show(trial, trial.steps, *(as_squares(view) for view in views))
            assert scores.reading is not None, "pictures hold finite numbers"
            self._keep(trial, as_arrays(scores.reading))
            evaluations = [*left.evaluations, evaluation_of(trial.steps, scores)]
            result = scored(trial, scores, evaluations)
            result = self._claim_scorer.with_photos(result, scores.reading, lambda _gray: of_vault)
        if scores.value > self._scorer.of_gray:
            said = (
                f"worse than the gray photo, which scores {self._scorer.of_gray:.2f}: nothing is "
                "learned yet, train longer"
            )
            result = result.model_copy(update={"warnings": (*result.warnings, said)})
        return result

    @contextmanager
    def _scoring(self, trial: Trial) -> Iterator[None]:
        """One at a time and on one core, so that sums do not depend on other trials."""
        with (
            self._alone,
            on_one_core(),
            announced(self._notify, "scoring", f"trial {trial.number}"),
        ):
            yield

    def _vault(
        self,
        heldout: Heldout,
        objective: ObjectiveSpec,
        spec: StudySpec,
        perceptual: PerceptualDistance,
    ) -> Vault | None:
        if heldout.claim is None:
            return None
        held = len(heldout.squares)
        batch = as_batch(heldout.claim.squares[held:], self._device)
        scorer = Scorer(batch.rgb, objective, spec.guardrails, perceptual)
        return Vault(batch, scorer, heldout.claim.photos[held:])

    def course(self, trial: Trial, fields: Mapping[str, str]) -> Course:
        """As `OutputScorer` says."""
        pattern, cwd = self._spec.trainer.predictions, working_folder(self._spec)
        if pattern is None:
            return NoCourse()
        heldout = self._heldout.of(trial)
        return PictureCourse(trial, pattern, cwd, fields, heldout, self.evaluation)

    def evaluation(self, trial: Trial, step: int, predictions: Pixels) -> Evaluation:
        """The score of predictions before the end of a training.

        Args:
            predictions: uint8, (M, s, s, 3), those of the vault behind the others.
        """
        prediction = as_batch(predictions[: len(self._photos.rgb)], self._device).rgb
        with self._scoring(trial):
            scores = self._scorer.score(prediction)
        self._tell(trial, step, scores)
        return evaluation_of(step, scores)

    def _tell(self, trial: Trial, step: int, scores: PhotoScores) -> None:
        point = CurvePoint(number=trial.number, step=step, values=curve_of(scores))
        self._listen(point)

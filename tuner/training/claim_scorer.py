"""Scores single photos for the claim: those that were scored all along, and those of the vault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from tuner.color.measures import Reading
from tuner.color.score import Scorer
from tuner.data.batches import Batch, inner
from tuner.results import TrialResult


@dataclass(frozen=True)
class Vault:
    """Photos that are never scored before the claim.

    Attributes:
        batch: Their squares.
        photos: For each square the photo that it was cut out of, counted from 0.
    """

    batch: Batch
    scorer: Scorer
    photos: Sequence[int]

    def scores(self, predict: Callable[[Tensor], Tensor]) -> tuple[float, ...]:
        """What each photo says the score of its prediction is; nothing where that is not finite."""
        prediction = inner(predict(self.batch.gray), self.batch.rgb.shape[-1])
        reading = self.scorer.score(prediction).reading
        return () if reading is None else self.scorer.by_photo(reading, self.photos)


@dataclass(frozen=True)
class ClaimScorer:
    """Adds the scores of single photos to the trials of the claim.

    Attributes:
        scorer: Of the held-out photos.
        photos: For each held-out square the photo that it was cut out of, counted from 0.
        vault: None where the study has none.
    """

    scorer: Scorer
    photos: Sequence[int]
    vault: Vault | None = None

    def with_photos(
        self, result: TrialResult, reading: Reading, predict: Callable[[Tensor], Tensor]
    ) -> TrialResult:
        """The result with the scores of single photos; others than those of the claim stay.

        Args:
            reading: Of the predictions of the held-out photos.
            predict: Predicts RGB (B, 3, H, W) of the vault's gray photos (B, 1, H, W).
        """
        if result.trial.role != "confirmation":
            return result
        vault = self.vault.scores(predict) if self.vault else ()
        photos = self.scorer.by_photo(reading, self.photos)
        return result.model_copy(update={"photo_scores": photos, "vault_scores": vault})

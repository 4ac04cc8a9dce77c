"""What the score says of the pictures that a person compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from tuner.color.score import Scorer
from tuner.journal.history import StudyHistory
from tuner.journal.tiles import Photos
from tuner.preference.pictures import Pictures
from tuner.spec.study_file import recorded_study
from tuner.training.device import choose_device, on_one_core
from tuner.training.facts import SCORING
from tuner.training.scoring import load_networks, with_score_version

Gains = Mapping[tuple[int, int], float]
"""The score of the start weights' picture minus that of the best weights', by photo and seed."""


def gains_of(pictures: Pictures, history: StudyHistory) -> Gains:
    """Scores the pictures that are shown, with the score of the study.

    Returns:
        Nothing where the study is judged by a metric of the user's own, which scores no pictures.

    Raises:
        TrainerError: The network of the score cannot be loaded.
        PhotosError: The photos have no color.
    """
    spec = recorded_study(history.spec)
    if spec.objective.metric is not None:
        return {}
    device = choose_device("cpu")
    nets, _ = load_networks(spec, history.facts, device, training=False)
    objective = with_score_version(spec.objective, history.facts)
    with on_one_core():
        scorer = Scorer(_rgb(pictures.photo), objective, spec.guardrails, nets[SCORING])
        return _gains(pictures, lambda squares: _by_photo(scorer, squares))


def _gains(pictures: Pictures, by_photo: Callable[[Photos], tuple[float, ...]]) -> Gains:
    return {
        (photo, seed): before - after
        for seed, start in pictures.start.items()
        for photo, (before, after) in enumerate(
            zip(by_photo(start), by_photo(pictures.best[seed]), strict=True)
        )
    }


def _by_photo(scorer: Scorer, squares: Photos) -> tuple[float, ...]:
    """What each photo says the score is; one alone says it all."""
    scores = scorer.score(_rgb(squares))
    assert scores.reading is not None, "pictures hold finite numbers"
    return scorer.by_photo(scores.reading, range(len(squares))) or (scores.value,)


def _rgb(squares: Photos) -> torch.Tensor:
    """(n, h, w, 3) in 0..255 as (n, 3, h, w) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(squares.transpose(0, 3, 1, 2))).float() / 255

"""A finished study with pictures of two seeds and six photos, and what its score says."""

from types import SimpleNamespace

import numpy as np
import pytest
from sample_study import BEST, START, ended, finished, opened, record, trial

from tuner.journal.history_builder import read_history
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.results.events import TrialStarted

SEEDS = (10, 11)
PHOTOS = 6


def squares(value):
    """Six photos that differ by one, so that each can be told from its color."""
    shades = np.arange(PHOTOS, dtype=np.uint8).reshape(-1, 1, 1, 1) + np.uint8(value)
    return np.broadcast_to(shades, (PHOTOS, 32, 32, 3)).copy()


@pytest.fixture
def judged_folder(tmp_path):
    """Start weights are 50 and 60, best weights 150 and 160, gray is 0, the photos are 200."""
    events, folder = [opened()], tmp_path / "tuner-runs" / "sepia-fix"
    for number, (seed, weights) in enumerate((s, w) for s in SEEDS for w in (START, BEST)):
        asked = trial(number, weights, "confirmation", seed=seed)
        events += [TrialStarted(trial=asked), ended(asked, 1.4 if weights == START else 1.2)]
        value = (50 if weights == START else 150) + 10 * SEEDS.index(seed)
        save_squares(last_squares(folder, number), squares(value))
    save_squares(folder / GRAY, squares(0))
    save_squares(folder / PHOTO, squares(200))
    return record(folder, [*events, finished()])


@pytest.fixture
def judged(judged_folder, monkeypatch):
    """The study, with a score that prefers the best weights on all photos but the first."""
    from tuner.preference import study

    def gains(pictures, _history):
        return {
            (photo, seed): 0.1 if photo else -0.1
            for seed in pictures.start
            for photo in range(len(pictures.photo))
        }

    monkeypatch.setattr(study, "gains_of", gains)
    return SimpleNamespace(
        folder=judged_folder,
        load=lambda: study.JudgedStudy.load(judged_folder),
        history=lambda: read_history(judged_folder),
    )

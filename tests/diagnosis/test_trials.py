import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tuner.color.measures import Photos, read_colors
from tuner.color.reading_arrays import as_arrays
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab
from tuner.data.batches import as_batch, as_squares
from tuner.diagnosis.examine import examine
from tuner.diagnosis.trials import case_of_trial, choose_trial
from tuner.errors import StudyNotFound
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import (
    GRAY,
    PHOTO,
    SampleRecorder,
    last_squares,
    reading_file,
)
from tuner.results import Trial, TrialResult

START, BEST = {"ab_weight": 2.0}, {"ab_weight": 4.0}


def trial(number, weights=START):
    return Trial(weights=weights, seed=1, steps=4, role="candidate", number=number)


def result(number, weights=START, score=1.0, **parts):
    status = "complete" if score is not None else "diverged"
    return TrialResult(trial=trial(number, weights), status=status, score=score, **parts)


def history(*results, best=None, running=(), metric=None):
    """What `choose_trial` asks of a study's history."""
    return SimpleNamespace(
        study="small",
        spec={"objective": {"metric": metric}},
        results={one.trial.number: one for one in results},
        trials={one.trial.number: one.trial for one in results} | {t.number: t for t in running},
        finished=SimpleNamespace(best_weights=best) if best else None,
        incumbent=START,
        state=lambda number: "running",
    )


def test_the_first_trial_with_the_best_weights_is_looked_at():
    ended = (result(7, BEST), result(3, BEST), result(0))
    assert choose_trial(history(*ended, best=BEST), None).number == 3
    assert choose_trial(history(*ended), None).number == 0
    assert choose_trial(history(*ended), 7).number == 7


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (9, "small: there is no trial 9; trials go from 0 to 0"),
        (1, "small: trial 1 has no pictures to look at: it exploded"),
        (2, "small: trial 2 has no pictures to look at: it is running"),
    ],
)
def test_a_trial_that_cannot_be_looked_at_is_refused(number, told):
    diverged = result(1, score=None, reason="it exploded")
    with pytest.raises(StudyNotFound, match=re.escape(told)):
        choose_trial(history(result(0), diverged, running=[trial(2)]), number)


def test_a_study_without_results_has_nothing_to_look_at():
    with pytest.raises(StudyNotFound, match="no trial has ended yet"):
        choose_trial(history(), 0)
    with pytest.raises(StudyNotFound, match="no trial with the best weights so far has ended"):
        choose_trial(history(), None)


@pytest.mark.parametrize("number", [None, 0])
def test_a_study_with_a_number_of_its_own_has_no_pictures(number):
    with pytest.raises(StudyNotFound, match="small: its score is 'rmse', so there are no pictures"):
        choose_trial(history(result(0), metric="rmse"), number)


@pytest.fixture
def kept(tmp_path):
    """The folder of a study whose trial 5 was read and drawn."""
    random = np.random.default_rng(0)
    photo = random.integers(60, 200, (8, 4, 4, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    rgb = as_batch(photo, torch.device("cpu")).rgb
    lab = rgb_to_lab(rgb)
    lab[:, 1:] /= 2
    sides = [Photos.of(lab_to_rgb(lab).clamp(0, 1)), Photos.of(rgb)]
    pale, gray = as_squares(sides[0].rgb), as_squares(gray_of(rgb))
    reading_file(tmp_path, 5).parent.mkdir()
    np.savez_compressed(reading_file(tmp_path, 5), **as_arrays(read_colors(*sides)))
    save_squares(tmp_path / GRAY, gray[:3])
    save_squares(tmp_path / PHOTO, photo[:3])
    save_squares(last_squares(tmp_path, 5), pale[:3])
    return tmp_path, (gray, pale, photo)


def test_all_held_out_photos_are_examined_and_a_few_can_be_shown(kept):
    folder, stacks = kept
    case = case_of_trial(folder, history(result(5)), trial(5))
    found = examine(case)
    assert (found.symptom, found.photos) == ("washed-out", 8)
    assert sorted(found.worst) == [0, 1, 2]
    for view, stack in zip(case.views(1), stacks, strict=True):
        assert (view == stack[1]).all()


def test_a_trial_that_was_not_kept_is_told(kept):
    with pytest.raises(StudyNotFound, match="what a diagnosis needs of trial 6 is not there"):
        case_of_trial(kept[0], history(result(6)), trial(6))


def test_a_damaged_file_is_told(kept):
    reading_file(kept[0], 5).write_bytes(b"PK")
    with pytest.raises(StudyNotFound, match="trial 5 is not there"):
        case_of_trial(kept[0], history(result(5)), trial(5))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 0.99])
def test_a_reading_that_ends_too_early_is_told(kept, share):
    content = reading_file(kept[0], 5).read_bytes()
    reading_file(kept[0], 5).write_bytes(content[: int(share * len(content))])
    with pytest.raises(StudyNotFound, match="trial 5 is not there"):
        case_of_trial(kept[0], history(result(5)), trial(5))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_damaged_picture_of_the_gray_photos_is_drawn_again(kept, share):
    folder, (gray, *_) = kept
    content = (folder / GRAY).read_bytes()
    (folder / GRAY).write_bytes(content[: int(share * len(content))])
    case = case_of_trial(folder, history(result(5)), trial(5))
    assert (case.views(1).gray == gray[1]).all()


def test_the_reading_of_another_trial_is_not_taken_for_this_ones(kept):
    folder = kept[0]
    with np.load(reading_file(folder, 5)) as arrays:
        parts = dict(arrays)
    SampleRecorder(folder, lambda _event: None).keep(trial(6), parts)
    reading_file(folder, 6).replace(reading_file(folder, 5))
    with pytest.raises(StudyNotFound, match="trial 5 is not there, or damaged"):
        case_of_trial(folder, history(result(5)), trial(5))

import numpy as np
import pytest
from PIL import Image

from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.reporting.before_after import draw_before_after
from tuner.results import Trial, TrialResult

START, BEST = {"ab": 1.0}, {"ab": 4.0}


def result(number, weights, seed, score, role="confirmation"):
    trial = Trial(weights=weights, seed=seed, steps=5, role=role, number=number)
    return TrialResult(trial=trial, status="complete", score=score)


def squares(value):
    return np.full((2, 32, 32, 3), value, np.uint8)


RESULTS = [
    result(0, START, 1, 0.9, role="baseline"),
    result(1, BEST, 1, 0.1, role="candidate"),
    result(2, START, 101, 0.9),
    result(3, BEST, 101, 0.1),
    result(4, START, 102, 0.9),
    result(5, BEST, 102, 0.6),
    result(6, START, 103, 0.9),
    result(7, BEST, 103, 0.5),
]


@pytest.fixture
def folder(tmp_path):
    for number in range(8):
        save_squares(last_squares(tmp_path, number), squares(10 * number))
    save_squares(tmp_path / GRAY, squares(100))
    save_squares(tmp_path / PHOTO, squares(200))
    return tmp_path


def test_the_typical_pair_of_the_fresh_seeds_is_shown(folder):
    taken = draw_before_after(folder, RESULTS, START, BEST, confirmed=True)
    picture = load_picture(folder / taken.path)
    shown = {int(value) for value in np.unique(picture[:, -20])}  # through the last photo
    assert {100, 60, 70, 200} <= shown
    assert (taken.number, taken.name) == (-1, "before-after")


def test_without_a_confirmation_any_seed_that_both_have_is_shown(folder):
    taken = draw_before_after(folder, RESULTS[:2], START, BEST, confirmed=True)
    shown = {int(value) for value in np.unique(load_picture(folder / taken.path)[:, -20])}
    assert {100, 0, 10, 200} <= shown


@pytest.mark.parametrize(
    ("results", "after"),
    [(RESULTS, START), (RESULTS[:1], BEST), ([], BEST)],
    ids=["nothing changed", "no seed in common", "nothing trained"],
)
def test_where_there_is_nothing_to_compare_there_is_no_picture(folder, results, after):
    assert draw_before_after(folder, results, START, after, confirmed=True) is None


def test_trials_that_something_else_scored_have_no_picture(tmp_path):
    assert draw_before_after(tmp_path, RESULTS, START, BEST, confirmed=True) is None


def load_picture(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_what_was_not_confirmed_is_not_called_the_best(folder):
    pictures = [
        load_picture(folder / draw_before_after(folder, RESULTS, START, BEST, confirmed=yes).path)
        for yes in (True, False)
    ]
    best, tried = pictures
    assert (best[:, -20] == tried[:, -20]).all(), "the photos"
    assert (best != tried).any(), "the names of the rows"

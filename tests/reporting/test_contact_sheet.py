import numpy as np
import pytest
from PIL import Image

from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.reporting.contact_sheet import draw_contact_sheet
from tuner.results import Comparison, StageResult, Trial, TrialResult
from tuner.results.events import PictureTaken

WEIGHTS = {"ab_weight": 2.0, "l_weight": 1.0}
STAGE = StageResult(
    number=2, varied="ab_weight", because="", start=2.0, chosen=4.0, best_tried=4.0,
    tried=((1.0, None), (2.0, 0.8), (4.0, 0.6)),
    comparison=Comparison(before=0.8, after=0.6, gain=0.2, low=0.1, high=0.3, confidence=0.8,
                          seeds=(1, 2), verdict="better"),
)  # fmt: skip
INCUMBENT = {**WEIGHTS, "ab_weight": 4.0}
SIDE = 32
TILE = 128  # a square of 32 pixels, four times as large


def result(number, value, seed=1, status="complete", **asked):
    trial = Trial(
        weights={**WEIGHTS, "ab_weight": value},
        seed=seed, steps=10, role=asked.pop("role", "candidate"), stage=2,
        varied="ab_weight", number=number, **asked,
    )  # fmt: skip
    return TrialResult(trial=trial, status=status, score=0.5 if status == "complete" else None)


RESULTS = [
    result(0, 2.0, seed=1),
    result(1, 4.0, seed=1),
    result(2, 1.0, seed=1, status="pruned"),
    result(3, 4.0, seed=2),
    result(4, 4.0, seed=9, role="confirmation"),
]
COLORS = {GRAY: 10, PHOTO: 20, 2: 30, 0: 40, 1: 50}


@pytest.fixture
def folder(tmp_path):
    """Every picture has a shade of its own."""
    for what, shade in COLORS.items():
        path = tmp_path / what if isinstance(what, str) else last_squares(tmp_path, what)
        save_squares(path, np.full((3, SIDE, SIDE, 3), shade, np.uint8))
    return tmp_path


def test_columns_are_gray_the_values_in_order_and_the_photo(folder):
    taken = draw_contact_sheet(folder, STAGE, INCUMBENT, RESULTS)
    assert taken == PictureTaken(
        number=-1, step=2, name="contact-sheet", path="pictures/contact-sheet-02.png"
    )
    page = np.asarray(Image.open(folder / taken.path))
    line = page[page.shape[0] // 2, :, 0]
    shades = [int(shade) for shade in line if shade < 100]
    assert list(dict.fromkeys(shades)) == [10, 30, 40, 50, 20]
    assert len(shades) == 5 * TILE


def test_no_more_photos_than_fit(folder):
    many = np.full((8, SIDE, SIDE, 3), 40, np.uint8)
    for what in COLORS:
        save_squares(folder / what if isinstance(what, str) else last_squares(folder, what), many)
    taken = draw_contact_sheet(folder, STAGE, INCUMBENT, RESULTS)
    page = np.asarray(Image.open(folder / taken.path))
    middle = page[:, page.shape[1] // 2 - 40, 0]
    assert (middle == 40).sum() >= 6 * TILE > (middle == 40).sum() - TILE


def test_what_diverged_left_nothing_to_see(folder):
    lost = [*RESULTS[:2], result(2, 1.0, status="diverged")]
    taken = draw_contact_sheet(folder, STAGE, INCUMBENT, lost)
    line = np.asarray(Image.open(folder / taken.path))[:, :, 0]
    assert 30 not in line


def test_without_pictures_there_is_no_sheet(tmp_path):
    assert draw_contact_sheet(tmp_path, STAGE, INCUMBENT, RESULTS) is None
    assert draw_contact_sheet(tmp_path, STAGE, INCUMBENT, []) is None


def test_a_damaged_picture_is_told_in_place_of_the_sheet(folder):
    last_squares(folder, 0).write_bytes(last_squares(folder, 1).read_bytes())
    told = draw_contact_sheet(folder, STAGE, INCUMBENT, RESULTS)
    assert told.sentence == (
        "trial-000/last.png was damaged: a picture that would show it is left out"
    )
    assert not (folder / "pictures/contact-sheet-02.png").exists()

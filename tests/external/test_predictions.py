from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tuner.external.failure import TrialFailed
from tuner.external.heldout import Heldout, square_of
from tuner.external.predictions import find_predictions, in_folder, marks_of, read_predictions

SIDE = 32


def picture(shade, width=SIDE, height=SIDE):
    return Image.fromarray(np.full((height, width, 3), shade, np.uint8))


@pytest.fixture
def heldout():
    return Heldout(
        names=("beach", "cat"),
        photos=(0, 1),
        squares=np.zeros((2, SIDE, SIDE, 3), np.uint8),
        originals={"beach": (64, 48)},
        others=frozenset({"gray"}),
        folders={},
        digest="",
        summary="",
        left_out=(),
        usable=2,
    )


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "ö [1] *"
    folder.mkdir()
    return folder


def read(heldout, out, pattern="{out}/*.png"):
    return read_predictions(find_predictions(pattern, Path("/"), {"out": str(out)}), heldout, "it")


def refusal(heldout, out, **options):
    with pytest.raises(TrialFailed) as failed:
        read(heldout, out, **options)
    return failed.value.reason


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("{out}/*.png", ["beach.png", "cat.png"]),
        ("{out}/*", ["beach.png", "cat.webp"]),
        ("{out}/*_fake_B.*", ["beach_fake_B.png", "cat_fake_B.jpg"]),
        ("{out}/*_{steps}.png", ["beach_300.png", "cat_300.png"]),
        ("{out}/**/*.png", ["a/b/beach.png", "cat.png"]),
        ("{out}/*/*_{steps}.png", ["beach/beach_300.png", "cat/cat_300.png"]),
        ("{out}/beac[h].png", ["beach.png"]),
        ("{out}/*/{steps}_result.png", ["beach/300_result.png", "cat/300_result.png"]),
        ("{out}/v_*/result.png", ["v_beach/result.png", "v_cat/result.png"]),
        ("{out}/**/result.png", ["a/beach/result.png", "cat/result.png"]),
    ],
)
def test_predictions_are_matched_by_what_the_star_stands_for(out, pattern, names):
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        picture(9).save(out / name)
    (out / "beach_real_A.txt").touch()
    found = find_predictions(pattern, Path("/"), {"out": str(out), "steps": "300"})
    assert [name for name, _ in found] == ["beach", "cat"][: len(names)]


def test_a_pattern_begins_in_the_working_folder(tmp_path):
    picture(9).save(tmp_path / "cat.png")
    assert find_predictions("*.png", tmp_path, {}) == [("cat", tmp_path / "cat.png")]


def test_a_folder_is_searched_to_its_ground(tmp_path):
    (tmp_path / "a").mkdir()
    picture(9).save(tmp_path / "a" / "cat.png")
    (tmp_path / "notes.txt").touch()
    assert in_folder(tmp_path) == [("cat", tmp_path / "a" / "cat.png")]


def test_they_come_in_the_order_of_the_photos(heldout, out):
    for shade, name in enumerate(("beach", "cat", "gray"), start=1):
        picture(shade).save(out / f"{name}.png")
    squares = read(heldout, out)
    assert squares.shape == (2, SIDE, SIDE, 3)
    assert squares[:, 0, 0, 0].tolist() == [1, 2]


def test_one_as_large_as_the_users_own_photo_is_cut_as_that_was(heldout, out):
    rough = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(rough).save(out / "beach.png")
    picture(7).save(out / "cat.png")
    cut = square_of(Image.fromarray(rough), SIDE)
    assert (read(heldout, out)[0] == cut).all()
    # 64x48 is reduced to 43x32, and the middle 32 columns stay.
    reduced = Image.fromarray(rough).resize((43, 32), Image.Resampling.BICUBIC)
    assert (cut == np.asarray(reduced)[:, 5:37]).all()


def test_no_predictions_at_all_are_told_with_where_they_should_be(heldout, out):
    assert refusal(heldout, out) == "there are no predictions (it finds no picture)"


def test_names_of_no_photo_are_told_with_what_was_expected(heldout, out):
    for name in ("0001", "0002"):
        picture(1).save(out / f"{name}.png")
    assert refusal(heldout, out) == (
        "no prediction is called like a held-out photo: it finds 0001, 0002 (expected beach, cat)"
    )


def test_everything_that_does_not_fit_is_told_by_name(heldout, out):
    picture(1).save(out / "beach.png")
    for name in "abcdefg":
        picture(1).save(out / f"{name}.png")
    assert refusal(heldout, out) == (
        "its predictions do not fit the 2 held-out photos: 1 missing: cat; 7 of no held-out photo: "
        "a, b, c, d, e and 2 more"
    )


def test_two_for_one_photo_are_refused(heldout, out):
    (out / "old").mkdir()
    for name in ("beach.png", "old/beach.png", "cat.png"):
        picture(1).save(out / name)
    assert refusal(heldout, out, pattern="{out}/**/*.png").endswith("1 there twice: beach")


def test_what_an_earlier_run_left_is_not_taken_for_this_one(heldout, out):
    for name in ("beach", "cat"):
        picture(1).save(out / f"{name}.png")
    before = marks_of(in_folder(out))
    picture(2).save(out / "cat.png")
    with pytest.raises(TrialFailed) as failed:
        read_predictions(in_folder(out), heldout, "it", before)
    assert failed.value.reason.endswith("1 left from an earlier run: beach")
    picture(1).save(out / "beach.png")
    assert read_predictions(in_folder(out), heldout, "it", before)[0, 0, 0, 0] == 1


def test_broken_ones_and_those_of_another_size_are_told(heldout, out):
    (out / "beach.png").write_bytes(b"\x89PNG nonsense")
    picture(1, 64, 48).save(out / "cat.png")
    assert refusal(heldout, out) == (
        "its predictions do not fit the 2 held-out photos: 1 unreadable: beach; 1 not 32x32: "
        "cat (64x48)"
    )

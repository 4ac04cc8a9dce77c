import re
import shutil

import pytest
from PIL import Image

from tuner.diagnosis.pairs import match
from tuner.errors import PhotosError


def test_pictures_are_matched_by_stem_whatever_their_format(folders):
    matching = match(*folders)
    assert [pair.name for pair in matching.pairs] == ["0", "1", "2", "3", "4", "5"]
    assert {(pair.prediction.suffix, pair.target.suffix) for pair in matching.pairs} == {
        (".png", ".jpg")
    }
    assert matching.lonely_predictions == matching.lonely_targets == ()


def test_what_does_not_match_is_named(folders):
    predictions, targets = folders
    shutil.move(predictions / "0.png", predictions / "zero.png")
    matching = match(predictions, targets)
    assert len(matching.pairs) == 5
    assert (matching.lonely_predictions, matching.lonely_targets) == (("zero.png",), ("0.jpg",))


def test_subfolders_are_searched(folders):
    predictions, targets = folders
    (predictions / "step 300").mkdir()
    shutil.move(predictions / "0.png", predictions / "step 300" / "0.png")
    assert len(match(predictions, targets).pairs) == 6


def test_one_stem_twice_is_refused(folders):
    predictions, targets = folders
    (predictions / "b").mkdir()
    shutil.copy(predictions / "0.png", predictions / "b" / "0.png")
    told = "--predictions: '0' is there twice, as '0.png' and 'b/0.png'"
    with pytest.raises(PhotosError, match=re.escape(told)):
        match(predictions, targets)


def test_too_few_pairs_are_refused(folders):
    predictions, targets = folders
    for number in (0, 1, 2):
        (targets / f"{number}.jpg").unlink()
    told = "--predictions: 3 of 6 predictions and 3 photos match; at least 4 pairs are needed"
    with pytest.raises(PhotosError, match=told):
        match(predictions, targets)


def test_no_pair_is_refused(folders, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (40, 40)).save(other / "x.png")
    with pytest.raises(PhotosError, match="none of 6 predictions and 1 photos match"):
        match(folders[0], other)


def test_one_folder_for_both_is_refused(folders):
    with pytest.raises(PhotosError, match="--predictions and --targets are the same folder"):
        match(folders[1], folders[1].parent / "targets")


@pytest.mark.parametrize("side", [0, 1])
def test_a_folder_that_is_not_there_is_refused_by_the_name_of_its_option(folders, side):
    asked = ("--predictions", "--targets")[side]
    wrong = [folders[0], folders[1]]
    wrong[side] = folders[side].with_name(f"{folders[side].name}x")
    with pytest.raises(PhotosError, match=f"{asked}: there is no folder .*did you mean"):
        match(*wrong)


def test_a_name_of_macos_and_one_of_linux_are_the_same(folders):
    predictions, targets = folders
    Image.new("RGB", (8, 8)).save(predictions / "cafe\u0301.png")
    Image.new("RGB", (8, 8)).save(targets / "caf\u00e9.jpg")
    assert "caf\u00e9" in [pair.name for pair in match(predictions, targets).pairs]

import re

import numpy as np
import pytest
import torch
from PIL import Image

from tuner.color.measures import Photos, measures, read_colors
from tuner.color.spaces import gray_of
from tuner.diagnosis.folders import MEASURED, case_of_folders
from tuner.errors import PhotosError


def resize(path, size):
    Image.open(path).resize(size, Image.Resampling.LANCZOS).save(path)


def test_the_reading_of_a_folder_is_that_of_its_pictures(folders):
    for path in folders[1].glob("*.jpg"):
        Image.open(path).save(path.with_suffix(".png"))
        path.unlink()
    case = case_of_folders(*folders)
    stacks = [
        torch.stack(
            [
                torch.from_numpy(np.asarray(Image.open(path)).copy()).permute(2, 0, 1) / 255
                for path in sorted(folder.iterdir())
            ]
        )
        for folder in folders
    ]
    expected = measures(read_colors(*map(Photos.of, stacks)))
    assert measures(case.reading) == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert case.names == ("0", "1", "2", "3", "4", "5")
    assert case.remarks == ()


def test_views_are_gray_prediction_and_photo(folders):
    gray, prediction, photo = case_of_folders(*folders).views(2)
    assert (prediction == np.asarray(Image.open(folders[0] / "2.png"))).all()
    assert (photo == np.asarray(Image.open(folders[1] / "2.jpg"))).all()
    rgb = torch.from_numpy(photo.copy()).permute(2, 0, 1) / 255
    assert np.abs(gray - (gray_of(rgb).permute(1, 2, 0) * 255).numpy()).max() <= 0.51


def test_pictures_of_another_size_are_compared_at_the_smaller_one(folders):
    before = measures(case_of_folders(*folders).reading)
    for number in (0, 1):
        resize(folders[0] / f"{number}.png", (120, 80))
    case = case_of_folders(*folders)
    assert case.remarks == (
        "2 predictions differ in size from the photo, and both were compared at the smaller size",
    )
    assert measures(case.reading)["chroma_ratio"] == pytest.approx(before["chroma_ratio"], abs=0.01)
    assert case.views(0).prediction.shape == (40, 60, 3)


def test_large_pictures_are_read_small(folders, monkeypatch):
    sizes = []
    monkeypatch.setattr(
        "tuner.diagnosis.folders.read_colors",
        lambda p, t: sizes.append(p.rgb.shape[-2:]) or read_colors(p, t),
    )
    for folder, ending in zip(folders, ("png", "jpg"), strict=True):
        resize(folder / f"0.{ending}", (900, 600))
    assert case_of_folders(*folders).remarks == ()
    assert sizes[0] == (MEASURED, MEASURED * 3 // 2)


def test_pictures_of_another_shape_are_left_out_by_name(folders):
    resize(folders[0] / "3.png", (40, 40))
    case = case_of_folders(*folders)
    assert "3" not in case.names
    assert case.remarks == ("1 pair was left out: 3 (40x40, its photo 60x40: not the same shape)",)


def test_what_cannot_be_read_or_is_tiny_is_left_out_by_name(folders):
    (folders[0] / "4.png").write_bytes(b"no picture")
    for folder, ending in zip(folders, ("png", "jpg"), strict=True):
        resize(folder / f"5.{ending}", (12, 8))
    [remark] = case_of_folders(*folders).remarks
    assert remark.startswith("2 pairs were left out: 4 (the prediction cannot be read: ")
    assert "5 (12x8, at least 16 pixels a side are needed)" in remark


def test_too_few_that_can_be_compared_are_refused_with_the_reason(folders):
    for number in (0, 1, 2):
        resize(folders[0] / f"{number}.png", (40, 40))
    told = "3 of 6 pairs can be compared; left out: 0 (40x40, its photo 60x40: not the same shape)"
    with pytest.raises(PhotosError, match=re.escape(told)):
        case_of_folders(*folders)


def test_gray_photos_are_refused(folders):
    for path in folders[1].iterdir():
        Image.open(path).convert("L").save(path)
    with pytest.raises(PhotosError, match="the color photos are needed, not the gray input"):
        case_of_folders(*folders)


def test_lonely_pictures_are_counted_and_the_first_are_named(folders):
    for number in range(10, 18):
        Image.new("RGB", (40, 40)).save(folders[0] / f"{number}.png")
    (folders[0] / "0.png").unlink()
    predictions, photos = case_of_folders(*folders).remarks
    assert predictions == (
        "8 predictions have no photo: 10.png, 11.png, 12.png, 13.png, 14.png and 3 more"
    )
    assert photos == "1 photo has no prediction: 0.jpg"

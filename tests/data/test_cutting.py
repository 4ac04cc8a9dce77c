import numpy as np
import pytest
from PIL import Image
from small_photos import colorful, data_of, fill

from tuner.data.cutting import photos_of
from tuner.data.photo_cache import prepare_patches
from tuner.errors import PhotosError


def test_held_out_pixels_stay_four_pixels_away_from_training_pixels(tmp_path, cache):
    down, across = np.mgrid[:200, :240]
    (tmp_path / "photos").mkdir()
    for number in range(4):  # pixels that tell where they are from, at a size that is kept
        place = np.stack([across, down, np.full_like(down, 60 * number)], -1).astype(np.uint8)
        Image.fromarray(place).save(tmp_path / "photos" / f"{number}.png")
    made = prepare_patches(data_of(tmp_path / "photos"), cache)
    trained = {tuple(pixel) for pixel in made.train.reshape(-1, 3).tolist()}
    for square in made.holdout.astype(int):
        left, top, number = square[0, 0]
        assert (square[-1, -1] == (left + 31, top + 31, number)).all()
        for x in range(left - 4, left + 36):
            assert not {(x, y, number) for y in range(top - 4, top + 36)} & trained


def test_a_whole_photo_is_scored_in_its_middle(tmp_path, cache):
    for number in range(40):
        fill(tmp_path / "photos", range(number, number + 1), width=80, height=40)
    made = prepare_patches(data_of(tmp_path / "photos", holdout=0.5), cache)
    name = made.holdout_names[0]
    original = np.asarray(Image.open(tmp_path / "photos" / f"{name}.png"))
    assert made.mode == "photos"
    assert (made.holdout[0] == original[4:36, 24:56]).all()


def test_names_say_photo_and_tile(folder, cache):
    names = prepare_patches(data_of(folder), cache).holdout_names
    assert len(set(names)) == len(names)
    assert all(name.split(" tile ")[0] in {f"p{seed}" for seed in range(5)} for name in names)


def test_two_photos_of_one_stem_keep_their_suffixes(folder, cache):
    colorful(77, 210, 130).save(folder / "p0.bmp")
    names = prepare_patches(data_of(folder), cache).holdout_names
    assert {name.split(" ")[0] for name in names} >= {"p0.bmp", "p0.png", "p1"}


def test_a_photo_that_vanishes_meanwhile_is_a_sentence(folder, cache):
    def remove(done, total):
        if done == total // 2:
            (folder / "p3.png").unlink()

    with pytest.raises(PhotosError, match=r"p3\.png' changed while it was read \(.*No such file"):
        prepare_patches(data_of(folder), cache, remove)


def test_tiles_of_a_photo_belong_together():
    assert photos_of(["cat tile 1,1", "a dog", "cat tile 2,3", "a dog 2"]) == (0, 1, 0, 2)

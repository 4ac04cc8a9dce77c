import numpy as np
import pytest
from PIL import Image
from small_photos import colorful, data_of, fill, fill_wide

from tuner.checking.photos import check_photos, vault_of
from tuner.data.photo_cache import prepare_patches


def found(folder, cache, **settings):
    """Findings by subject; of several the last."""
    data = data_of(folder, **settings)
    notes = []
    seen = {
        one.subject: one for one in check_photos(data, prepare_patches(data, cache), notes.append)
    }
    assert any(note.startswith("looking at photo 1 of ") for note in notes)
    return seen


def resaved(folder, old, new):
    Image.open(folder / old).save(folder / new, quality=60)


def pale(folder, name, share, seed):
    photo = colorful(seed, 60, 44)
    Image.blend(photo.convert("L").convert("RGB"), photo, share).save(folder / name)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("many") / "photos", range(60))


def test_few_photos_are_amber_and_many_green(photos, many, tmp_path):
    few = found(photos, tmp_path / "cache")
    assert (few["photos"].color, few["duplicates"].color) == ("amber", "green")
    assert few["photos"].sentence.startswith("5 photos, ")
    assert "leaks" not in few  # parts of every photo are held out


def test_a_large_holdout_of_whole_photos_is_green(many, tmp_path):
    seen = found(many, tmp_path / "cache", holdout=0.6)
    assert {one.color for one in seen.values()} == {"green"}
    assert seen["leaks"].sentence.startswith("none of ")


def test_a_vault_is_green_and_one_that_is_left_out_amber(many, tmp_path):
    there = found(many, tmp_path / "cache", vault=0.5)["vault"]
    assert there.color == "green"
    assert there.sentence.endswith(" photos in the vault: they are first scored by the claim")
    small = found(many, tmp_path / "cache", vault=0.1)["vault"]
    assert small.color == "amber"
    assert small.sentence.startswith("no vault, as 0.1 of 60 photos are ")
    assert "vault" not in found(many, tmp_path / "cache")


@pytest.mark.parametrize("scripted", [False, True])
def test_a_plan_says_how_many_photos_the_vault_has(many, tmp_path, scripted):
    told = vault_of(data_of(many, vault=0.1), tmp_path / "cache", scripted=scripted)
    assert told.startswith("No vault, as 0.1 of 60 photos are ")
    folder = data_of(fill(tmp_path / "own", range(100, 105)), holdout=str(many), vault=0.5)
    told = vault_of(folder, tmp_path / "cache", scripted=scripted)
    assert told.endswith(" photos in the vault.")


def test_a_score_of_few_squares_is_amber(many, tmp_path):
    assert "make a score reliable" in found(many, tmp_path / "cache", holdout=0.2)["photos"].advice


def test_the_same_photo_saved_again_is_found_and_named(tmp_path):
    folder = fill_wide(tmp_path / "photos", range(5))
    resaved(folder, "p1.png", "copy.jpg")
    seen = found(folder, tmp_path / "cache")["duplicates"]
    assert seen.color == "amber"
    assert seen.sentence == "1 pair of 6 photos look alike: 'copy.jpg' and 'p1.png'"
    assert "one shows what the other is scored on" in seen.advice


def test_held_out_photos_that_are_trained_on_in_another_format_leak(tmp_path):
    folder = fill(tmp_path / "photos", range(40))
    scored = fill(tmp_path / "scored", range(100, 120))
    assert found(folder, tmp_path / "cache", holdout=str(scored))["leaks"].color == "green"
    resaved(scored, "p100.png", "../photos/copy.jpg")
    one = found(folder, tmp_path / "cache", holdout=str(scored))["leaks"]
    assert one.color == "amber"
    assert one.sentence == "1 of 20 held-out photos look like one trained on: 'p100'"
    for number in range(101, 106):
        resaved(scored, f"p{number}.png", f"../photos/copy{number}.jpg")
    many = found(folder, tmp_path / "cache", holdout=str(scored))["leaks"]
    assert many.color == "red"
    assert many.sentence.endswith(" and 3 more")
    assert many.sentence.startswith("6 of 20 held-out photos look like one trained on: 'p10")


def test_copies_across_two_folders_are_named_with_their_folder(tmp_path):
    folder, scored = (
        fill(tmp_path / "photos", range(40)),
        fill(tmp_path / "scored", range(100, 120)),
    )
    resaved(scored, "p100.png", "../photos/copy.jpg")
    seen = found(folder, tmp_path / "cache", holdout=str(scored))["duplicates"]
    assert f"'copy.jpg' and '{scored}/p100.png'" in seen.sentence


def test_nearly_gray_photos_are_counted(tmp_path):
    folder = fill(tmp_path / "photos", range(50))
    for number in range(10):
        pale(folder, f"pale{number}.png", 0.12, 200 + number)
    seen = found(folder, tmp_path / "cache")["colors"]
    assert (seen.color, "13% are nearly gray" in seen.sentence) == ("amber", True)


def test_the_mean_color_of_one_color_is_known(tmp_path):
    folder = fill(tmp_path / "photos", range(0))
    rough = np.random.default_rng(0)
    for number in range(50):  # pure sRGB orange (255, 128, 0) has a 43.4, b 74.1 in Lab
        picture = np.full((44, 60, 3), (255, 128, 0), np.uint8)
        picture[0, :3] = rough.integers(0, 256, (3, 3))
        Image.fromarray(picture).save(folder / f"{number}.png")
    assert "mean color a +43, b +74" in found(folder, tmp_path / "cache")["colors"].sentence


def test_pictures_that_are_not_used_are_named_with_their_reason(tmp_path):
    folder = fill_wide(tmp_path / "photos", range(5))
    Image.new("RGB", (80, 80), (90, 90, 90)).save(folder / "gray.png")
    (folder / "torn.png").write_bytes(b"no picture")
    seen = found(folder, tmp_path / "cache")
    assert "photos" in seen
    data = data_of(folder)
    left = [
        one
        for one in check_photos(data, prepare_patches(data, tmp_path / "cache"), print)
        if one.sentence.startswith("left out")
    ]
    assert [one.color for one in left] == ["amber"]
    assert "'gray.png' (gray), 'torn.png' (broken)" in left[0].sentence

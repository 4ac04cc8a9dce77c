import errno
import hashlib
import json
from dataclasses import FrozenInstanceError
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tuner.errors import PhotosError, StorageError
from tuner.study import DataSpec
from tuner.training import patches
from tuner.training.patches import (
    LEAST_HELD,
    MOST_HELD,
    cells,
    prepare_patches,
    split,
    split_folders,
    square_side,
)
from tuner.training.photos import LeftOut, Photo


def photo(number: int, width: int = 481, height: int = 321) -> Photo:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Photo(f"{number}.jpg", Path(f"{number}.jpg"), width, height, digest)


sizes = st.integers(170, 2000)
law = settings(deadline=None, max_examples=60)
photographs = st.lists(
    st.builds(photo, st.integers(0, 10**6), sizes, sizes),
    min_size=12,
    max_size=60,
    unique_by=lambda one: one.name,
)
shares = st.sampled_from([0.1, 0.2, 0.35, 0.5])


def colorful(seed: int, width: int = 210, height: int = 130) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


def fill(folder: Path, seeds: range, **size: int) -> Path:
    folder.mkdir(exist_ok=True)
    for seed in seeds:
        colorful(seed, **size).save(folder / f"p{seed}.png")
    return folder


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "photos", range(5))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def spec(folder: Path, **settings) -> DataSpec:
    return DataSpec(**{"photos": str(folder), "image_size": 32, **settings})


# the split


@law
@given(photographs, shares, st.sampled_from([32, 33, 64]))
def test_no_training_square_overlaps_a_held_out_square(some, share, image_size):
    made, side = split(some, share, image_size), square_side(image_size)
    train = {}
    for one in made.train:
        train.setdefault(one.photo, []).append(one)
    for held in made.held:
        for one in train.get(held.photo, []):
            assert (one.width, one.height) == (held.width, held.height)
            assert abs(one.left - held.left) >= side or abs(one.top - held.top) >= side


@law
@given(photographs, shares)
def test_whole_photos_are_on_one_side_only(some, share):
    made = split(some, share, 64)
    if made.mode == "photos":
        assert not {one.photo for one in made.train} & {one.photo for one in made.held}


@law
@given(photographs, photographs, shares)
def test_adding_photos_moves_nothing_to_the_other_side(some, more, share):
    names = {one.name for one in some}
    before = split(some, share, 64)
    after = split([*some, *(one for one in more if one.name not in names)], share, 64)
    if before.mode == after.mode:
        assert not set(before.train) & set(after.held)
        assert not set(before.held) & set(after.train)
        assert set(before.train) <= set(after.train)


@law
@given(photographs, shares)
def test_enough_is_held_out_and_not_too_much(some, share):
    made = split(some, share, 64)
    assert LEAST_HELD <= len(made.held) <= MOST_HELD
    assert len(set(made.held)) == len(made.held)


@law
@given(sizes, sizes, st.sampled_from([40, 80]), st.booleans())
def test_cells_lie_inside_a_photo_that_is_never_enlarged(width, height, side, whole):
    for one in cells(photo(1, width, height), side, whole=whole):
        assert one.width <= width
        assert one.height <= height
        assert 0 <= one.left <= one.width - side
        assert 0 <= one.top <= one.height - side


def test_a_photo_is_five_cells_high_and_a_panorama_at_most_ten_wide():
    grid = cells(photo(1, 4000, 400), 40)
    assert len(grid) == 5 * 10
    assert (grid[0].width, grid[0].height) == (2000, 200)
    assert grid[0].left == 2000 - grid[-1].left - 40


def test_a_whole_photo_is_reduced_to_one_square_in_its_middle():
    [one] = cells(photo(1, 400, 200), 40, whole=True)
    assert (one.width, one.height, one.left, one.top) == (80, 40, 20, 0)


def test_held_out_cells_of_one_photo_are_spread_over_it():
    held = split([photo(number) for number in range(8)], 0.2, 32).held
    mine = [one for one in held if one.photo == held[0].photo]
    assert len(mine) == 7
    assert len({one.row for one in mine}) >= 4
    assert all(
        abs(one.row - other.row) + abs(one.column - other.column) > 1
        for one, other in pairwise(sorted(mine, key=lambda one: (one.row, one.column)))
    )


def test_the_first_held_out_squares_are_of_different_photos():
    held = split([photo(number) for number in range(8)], 0.2, 32).held
    assert len({one.photo for one in held[:8]}) == 8


def test_forty_photos_hold_out_whole_ones_and_thirty_nine_do_not():
    many = [photo(number) for number in range(40)]
    assert (split(many, 0.3, 32).mode, split(many[:39], 0.3, 32).mode) == ("photos", "tiles")


def test_a_share_too_small_for_whole_photos_is_taken_as_tiles():
    assert split([photo(number) for number in range(60)], 0.01, 32).mode == "tiles"


def test_photos_of_a_single_cell_are_held_out_whole_where_there_are_enough():
    small = [photo(number, 90, 90) for number in range(30)]
    assert split(small, 0.5, 64).mode == "photos"


def test_what_is_beyond_the_cap_is_said_and_not_trained_on():
    many = [photo(number) for number in range(1000)]
    made = split(many, 0.2, 32)
    held_back = 1000 - len(made.train)
    assert made.how == f"whole photos, {MOST_HELD} of {held_back} scored"
    assert held_back == pytest.approx(200, abs=50)


def test_too_few_held_out_squares_are_refused_with_the_cure():
    with pytest.raises(PhotosError) as refusal:
        split([photo(number) for number in range(4)], 0.2, 256)
    assert str(refusal.value) == (
        "data.photos: 4 photos give only 0 held-out squares of 256 px, a score needs 8; "
        "add photos, use larger ones, or lower data.image_size"
    )


def test_too_few_squares_of_a_holdout_folder_are_refused():
    few = [photo(number) for number in range(4)]
    with pytest.raises(PhotosError, match=r"^data\.holdout: 4 photos give only 4 held-out"):
        split_folders(few, few, 256)


def test_two_large_folders_are_both_cut_into_whole_photos():
    made = split_folders(
        [photo(number) for number in range(50)], [photo(number) for number in range(60, 70)], 64
    )
    assert (made.mode, len(made.train), len(made.held)) == ("photos", 50, 10)


# the pixels


def test_held_out_pixels_stay_four_pixels_away_from_training_pixels(tmp_path, cache):
    down, across = np.mgrid[:200, :240]
    (tmp_path / "photos").mkdir()
    for number in range(4):  # pixels that tell where they are from, at a size that is kept
        place = np.stack([across, down, np.full_like(down, 60 * number)], -1).astype(np.uint8)
        Image.fromarray(place).save(tmp_path / "photos" / f"{number}.png")
    made = prepare_patches(spec(tmp_path / "photos"), cache)
    trained = {tuple(pixel) for pixel in made.train.reshape(-1, 3).tolist()}
    for square in made.holdout.astype(int):
        left, top, number = square[0, 0]
        assert (square[-1, -1] == (left + 31, top + 31, number)).all()
        for x in range(left - 4, left + 36):
            assert not {(x, y, number) for y in range(top - 4, top + 36)} & trained


def test_a_whole_photo_is_scored_in_its_middle(tmp_path, cache):
    for number in range(40):
        fill(tmp_path / "photos", range(number, number + 1), width=80, height=40)
    made = prepare_patches(spec(tmp_path / "photos", holdout=0.5), cache)
    name = made.holdout_names[0]
    original = np.asarray(Image.open(tmp_path / "photos" / f"{name}.png"))
    assert made.mode == "photos"
    assert (made.holdout[0] == original[4:36, 24:56]).all()


def test_squares_have_the_promised_shapes_and_cannot_be_written(folder, cache):
    made = prepare_patches(spec(folder), cache)
    assert made.train.shape[1:] == (40, 40, 3)
    assert made.holdout.shape == (len(made.holdout_names), 32, 32, 3)
    assert made.train.dtype == made.holdout.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        made.train[0, 0, 0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        made.usable = 3


def test_names_say_photo_and_tile(folder, cache):
    names = prepare_patches(spec(folder), cache).holdout_names
    assert len(set(names)) == len(names)
    assert all(name.split(" tile ")[0] in {f"p{seed}" for seed in range(5)} for name in names)


def test_two_photos_of_one_stem_keep_their_suffixes(folder, cache):
    colorful(77).save(folder / "p0.bmp")
    names = prepare_patches(spec(folder), cache).holdout_names
    assert {name.split(" ")[0] for name in names} >= {"p0.bmp", "p0.png", "p1"}


def test_the_summary_tells_numbers_and_what_was_left_out(folder, cache):
    colorful(9).convert("L").save(folder / "gray.png")
    (folder / "broken.jpg").touch()
    made = prepare_patches(spec(folder), cache)
    assert made.summary == (
        f"5 photos, {len(made.train)} training squares, {len(made.holdout)} held-out squares of "
        "32 px (interleaved tiles); 2 left out: 1 broken, 1 gray"
    )
    assert [one.name for one in made.left_out] == ["broken.jpg", "gray.png"]


def test_the_summary_is_short_where_nothing_was_left_out(folder, cache):
    assert prepare_patches(spec(folder), cache).summary.endswith("(interleaved tiles)")


def test_the_sample_photos_can_be_used(cache):
    made = prepare_patches(DataSpec(image_size=32), cache)
    assert (made.usable, made.left_out) == (8, ())
    assert len(made.holdout) >= 40


# a holdout folder


def test_a_holdout_folder_is_scored_and_its_photos_are_not_trained_on(folder, cache, tmp_path):
    other = fill(tmp_path / "other", range(4, 9))
    made = prepare_patches(spec(folder, holdout=str(other)), cache)
    assert (made.usable, made.how) == (4, "a folder of its own")
    assert made.left_out == (LeftOut("p4.png", "held out", "equals p4.png in data.holdout"),)
    assert {name.split(" ")[0] for name in made.holdout_names} == {"p4", "p5", "p6", "p7", "p8"}


def test_a_holdout_folder_that_takes_all_photos_is_refused(folder, cache):
    with pytest.raises(PhotosError, match=r"has no usable photos.*; left out: 5 held out$"):
        prepare_patches(spec(folder, holdout=str(folder)), cache)


def test_a_missing_holdout_folder_is_refused_by_its_key(folder, cache):
    with pytest.raises(PhotosError, match=r"^data\.holdout: there is no folder '.*/photso' \(did"):
        prepare_patches(spec(folder, holdout=str(folder.parent / "photso")), cache)


# the cache


def test_progress_counts_every_reading_up_to_the_end(folder, cache, tmp_path):
    heard = []
    (folder / "broken.jpg").touch()
    other = fill(tmp_path / "other", range(4, 9))
    data = spec(folder, holdout=str(other))
    prepare_patches(data, cache, lambda done, total: heard.append((done, total)))
    assert heard[0] == (1, 22)
    assert heard[-1] == (22, 22)
    assert all(before < after for before, after in pairwise(heard))


def test_the_second_time_nothing_is_decoded(folder, cache, monkeypatch):
    first = prepare_patches(spec(folder), cache)
    monkeypatch.setattr(patches, "survey", None)
    monkeypatch.setattr(patches, "decode", None)
    second = prepare_patches(spec(folder), cache)
    assert (second.digest, second.summary) == (first.digest, first.summary)
    assert second.left_out == first.left_out


def test_equal_photos_give_equal_digests_whatever_their_names(folder, cache, tmp_path):
    first = prepare_patches(spec(folder), cache)
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        path.rename(folder / f"renamed{number}.png")
    renamed = prepare_patches(spec(folder), tmp_path / "other cache")
    assert renamed.digest == first.digest
    assert (renamed.train == first.train).all()


@pytest.mark.parametrize("change", [{"image_size": 40}, {"holdout": 0.4}])
def test_other_settings_give_other_squares(folder, cache, change):
    assert (
        prepare_patches(spec(folder), cache).digest
        != prepare_patches(spec(folder, **change), cache).digest
    )


def test_a_changed_photo_gives_other_squares(folder, cache):
    first = prepare_patches(spec(folder), cache)
    colorful(99).save(folder / "p0.png")
    assert prepare_patches(spec(folder), cache).digest != first.digest


def damage_pixels(made: Path) -> None:
    with (made / "train.npy").open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\xff\x00\xff")


def cut_short(made: Path) -> None:
    (made / "holdout.npy").write_bytes((made / "holdout.npy").read_bytes()[:1000])


def lose_a_key(made: Path) -> None:
    note = json.loads((made / "patches.json").read_text())
    del note["holdout_names"]
    (made / "patches.json").write_text(json.dumps(note))


def empty(made: Path) -> None:
    (made / "patches.json").write_text("")


@pytest.mark.parametrize("damage", [damage_pixels, cut_short, lose_a_key, empty])
def test_a_damaged_cache_is_made_again(folder, cache, damage):
    first = prepare_patches(spec(folder), cache).digest
    [made] = [one for one in cache.iterdir() if one.is_dir()]
    damage(made)
    assert patches._read(made) is None
    assert prepare_patches(spec(folder), cache).digest == first
    assert patches._read(made) is not None


def test_what_a_killed_process_left_is_removed(folder, cache):
    left = cache / f".{patches._key(spec(folder))}-abc"
    left.mkdir(parents=True)
    (left / "train.npy").write_bytes(b"half")
    prepare_patches(spec(folder), cache)
    assert not left.exists()


def test_an_interrupted_build_leaves_nothing_behind(folder, cache):
    def interrupt(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_patches(spec(folder), cache, interrupt)
    assert [one for one in cache.iterdir() if one.is_dir()] == []


def test_a_full_disk_is_a_sentence(folder, cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(patches.np, "save", full)
    with pytest.raises(StorageError) as refusal:
        prepare_patches(spec(folder), cache)
    assert str(refusal.value) == (
        f"photos cannot be kept in '{cache}' (No space left on device); "
        "make room, or name another folder"
    )


def test_a_cache_that_cannot_be_a_folder_is_a_sentence(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot be kept in '.*' \((File exists|Not a dir)"):
        prepare_patches(spec(folder), tmp_path / "file")


def test_a_photo_that_vanishes_meanwhile_is_a_sentence(folder, cache):
    def remove(done, total):
        if done == total // 2:
            (folder / "p3.png").unlink()

    with pytest.raises(PhotosError, match=r"p3\.png' changed while it was read \(.*No such file"):
        prepare_patches(spec(folder), cache, remove)


def test_a_dangling_link_is_counted_and_hinders_nothing(folder, cache):
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    assert [one.reason for one in prepare_patches(spec(folder), cache).left_out] == ["broken"]

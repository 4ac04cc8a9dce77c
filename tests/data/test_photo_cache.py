import errno
import json
from dataclasses import FrozenInstanceError
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from small_photos import colorful, data_of, fill_wide

from tuner.data import cutting, photo_cache
from tuner.data.photo_cache import prepare_patches
from tuner.data.survey import LeftOut
from tuner.errors import PhotosError, StorageError
from tuner.spec.study import DataSpec


def test_squares_have_the_promised_shapes_and_cannot_be_written(folder, cache):
    made = prepare_patches(data_of(folder), cache)
    assert made.train.shape[1:] == (40, 40, 3)
    assert made.holdout.shape == (len(made.holdout_names), 32, 32, 3)
    assert made.train.dtype == made.holdout.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        made.train[0, 0, 0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        made.usable = 3


def test_the_summary_tells_numbers_and_what_was_left_out(folder, cache):
    colorful(9).convert("L").save(folder / "gray.png")
    (folder / "broken.jpg").touch()
    made = prepare_patches(data_of(folder), cache)
    assert made.summary == (
        f"5 photos, {len(made.train)} training squares, {len(made.holdout)} held-out squares of "
        "32 px (interleaved tiles); 2 left out: 1 broken, 1 gray"
    )
    assert [one.name for one in made.left_out] == ["broken.jpg", "gray.png"]


def test_the_summary_is_short_where_nothing_was_left_out(folder, cache):
    assert prepare_patches(data_of(folder), cache).summary.endswith("(interleaved tiles)")


def test_the_sample_photos_can_be_used(cache):
    made = prepare_patches(DataSpec(image_size=32), cache)
    assert (made.usable, made.left_out) == (8, ())
    assert len(made.holdout) >= 40


# a holdout folder


def test_a_holdout_folder_is_scored_and_its_photos_are_not_trained_on(folder, cache, tmp_path):
    other = fill_wide(tmp_path / "other", range(4, 9))
    made = prepare_patches(data_of(folder, holdout=str(other)), cache)
    assert (made.usable, made.how) == (4, "a folder of its own")
    assert made.left_out == (LeftOut("p4.png", "held out", "equals p4.png in data.holdout"),)
    assert {name.split(" ")[0] for name in made.holdout_names} == {"p4", "p5", "p6", "p7", "p8"}


def test_a_holdout_folder_that_takes_all_photos_is_refused(folder, cache):
    with pytest.raises(PhotosError, match=r"has no usable photos.*; left out: 5 held out$"):
        prepare_patches(data_of(folder, holdout=str(folder)), cache)


def test_a_missing_holdout_folder_is_refused_by_its_key(folder, cache):
    with pytest.raises(PhotosError, match=r"^data\.holdout: there is no folder '.*/photso' \(did"):
        prepare_patches(data_of(folder, holdout=str(folder.parent / "photso")), cache)


# the cache


def test_progress_counts_pictures_that_are_read_twice_up_to_the_end(folder, cache, tmp_path):
    heard = []
    (folder / "broken.jpg").touch()
    other = fill_wide(tmp_path / "other", range(4, 9))
    data = data_of(folder, holdout=str(other))
    prepare_patches(data, cache, lambda done, total: heard.append((done, total)))
    assert heard[0] == (1, 11)
    assert heard[-1] == (11, 11)
    assert all(before < after for before, after in pairwise(heard))


def test_the_second_time_nothing_is_decoded(folder, cache, monkeypatch):
    first = prepare_patches(data_of(folder), cache)
    monkeypatch.setattr(photo_cache, "survey", None)
    monkeypatch.setattr(cutting, "decode", None)
    second = prepare_patches(data_of(folder), cache)
    assert (second.digest, second.summary) == (first.digest, first.summary)
    assert second.left_out == first.left_out


def test_equal_photos_give_equal_digests_whatever_their_names(folder, cache, tmp_path):
    first = prepare_patches(data_of(folder), cache)
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        path.rename(folder / f"renamed{number}.png")
    renamed = prepare_patches(data_of(folder), tmp_path / "other cache")
    assert renamed.digest == first.digest
    assert (renamed.train == first.train).all()


@pytest.mark.parametrize("change", [{"image_size": 40}, {"holdout": 0.4}, {"cells": 3}])
def test_other_settings_give_other_squares(folder, cache, change):
    assert (
        prepare_patches(data_of(folder), cache).digest
        != prepare_patches(data_of(folder, **change), cache).digest
    )


def test_surroundings_lie_around_the_same_squares(folder, cache):
    alone = prepare_patches(data_of(folder), cache)
    wide = prepare_patches(data_of(folder, surroundings=24), cache)
    assert wide.surrounded.shape[1:] == (80, 80, 3)
    assert (wide.holdout == alone.holdout).all()
    assert (wide.surrounded[:, 24:-24, 24:-24] == alone.holdout).all()
    assert (wide.train[:, 24:-24, 24:-24] == alone.train).all()
    assert (alone.surrounded == alone.holdout).all()


def test_beyond_the_edge_of_a_photo_its_surroundings_are_mirrored(folder, cache):
    wide = prepare_patches(data_of(folder, surroundings=60), cache)
    edge = 60 - 5  # three cells of 40 px are in the middle of 130 px
    mirrored = [(square[:edge][::-1] == square[edge + 1 :][:edge]).all() for square in wide.train]
    assert any(mirrored)
    assert not all(mirrored)


def test_a_changed_photo_gives_other_squares(folder, cache):
    first = prepare_patches(data_of(folder), cache)
    colorful(99).save(folder / "p0.png")
    assert prepare_patches(data_of(folder), cache).digest != first.digest


def damage_pixels(made: Path) -> None:
    with (made / "train.npy").open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\xff\x00\xff")


def cut_short(made: Path) -> None:
    (made / "surrounded.npy").write_bytes((made / "surrounded.npy").read_bytes()[:1000])


def lose_a_key(made: Path) -> None:
    note = json.loads((made / "patches.json").read_text())
    del note["holdout_names"]
    (made / "patches.json").write_text(json.dumps(note))


def empty(made: Path) -> None:
    (made / "patches.json").write_text("")


@pytest.mark.parametrize("damage", [damage_pixels, cut_short, lose_a_key, empty])
def test_a_damaged_cache_is_made_again(folder, cache, damage):
    first = prepare_patches(data_of(folder), cache).digest
    [made] = [one for one in cache.iterdir() if one.is_dir()]
    damage(made)
    assert photo_cache._read(made) is None
    assert prepare_patches(data_of(folder), cache).digest == first
    assert photo_cache._read(made) is not None


def test_what_a_killed_process_left_is_removed(folder, cache):
    left = cache / f".{photo_cache._key(data_of(folder))}-abc"
    left.mkdir(parents=True)
    (left / "train.npy").write_bytes(b"half")
    prepare_patches(data_of(folder), cache)
    assert not left.exists()


def test_an_interrupted_build_leaves_nothing_behind(folder, cache):
    def interrupt(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_patches(data_of(folder), cache, interrupt)
    assert [one for one in cache.iterdir() if one.is_dir()] == []


def test_a_full_disk_is_a_sentence(folder, cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(photo_cache.np, "save", full)
    with pytest.raises(StorageError) as refusal:
        prepare_patches(data_of(folder), cache)
    assert str(refusal.value) == (
        f"photos cannot be kept in '{cache}' (No space left on device); "
        "make room, or name another folder"
    )


def test_a_cache_that_cannot_be_a_folder_is_a_sentence(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot be kept in '.*' \((File exists|Not a dir)"):
        prepare_patches(data_of(folder), tmp_path / "file")


def test_a_dangling_link_is_counted_and_hinders_nothing(folder, cache):
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    assert [one.reason for one in prepare_patches(data_of(folder), cache).left_out] == ["broken"]

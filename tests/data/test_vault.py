import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_photos import colorful, data_of, fill

from tuner.data.photo_cache import prepare_patches
from tuner.data.split import split
from tuner.data.survey import SMALL, Photo, survey
from tuner.data.vault import LEAST_VAULT, set_aside, vault_squares


def photo(number: int, look: int | None = None) -> Photo:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    random = np.random.default_rng(number if look is None else look)
    small = random.integers(0, 256, SMALL * SMALL * 3, np.uint8).tobytes()
    return Photo(f"{number}.jpg", Path(f"{number}.jpg"), 481, 321, digest, small)


MANY = [photo(number) for number in range(300)]


def test_a_share_is_set_aside_by_content():
    found = set_aside(MANY, 0.1)
    assert found.how == f"{len(found.vault)} photos in the vault"
    assert len(found.vault) == pytest.approx(30, abs=10)
    assert not {*found.vault} & {*found.rest}
    assert {*found.vault} | {*found.rest} == {*MANY}


def test_none_is_set_aside_where_none_was_asked_for():
    found = set_aside(MANY, 0)
    assert (found.vault, found.rest, found.how) == ((), tuple(MANY), "")


def test_a_vault_that_would_be_too_small_is_left_out_in_one_sentence():
    found = set_aside(MANY[:8], 0.1)
    few = sum(int(one.digest[:13], 16) / 16**13 >= 0.9 for one in MANY[:8])
    assert (found.vault, found.rest) == ((), tuple(MANY[:8]))
    assert found.how == f"no vault, as 0.1 of 8 photos are {few} and it needs {LEAST_VAULT}"


def test_a_photo_that_looks_like_another_stays_with_it():
    first = set_aside(MANY, 0.1)
    copies = [photo(1000 + number, look=number) for number in range(300)]
    found = set_aside([*MANY, *copies], 0.1)
    looks = {one.small for one in found.rest}
    assert not [one for one in found.vault if one.small in looks]
    assert len(found.vault) < 2 * len(first.vault)
    assert "that look like others" in found.how


def test_photos_on_the_other_side_for_good_keep_their_copies_out():
    copied = set_aside(MANY, 0.1).vault[0]
    other = photo(5000, look=int(copied.name.removesuffix(".jpg")))
    found = set_aside(MANY, 0.1, [other])
    assert copied in found.rest
    assert found.how.endswith("photos in the vault, without 1 that look like others")


@settings(deadline=None, max_examples=20)
@given(st.sets(st.integers(0, 2000), max_size=200))
def test_adding_photos_moves_none_out_of_the_vault(numbers):
    before = set_aside(MANY, 0.1)
    more = [photo(3000 + number) for number in numbers]
    assert {*before.vault} <= {*set_aside([*MANY, *more], 0.1).vault}


@settings(deadline=None, max_examples=20)
@given(st.sampled_from([0.1, 0.2, 0.35]), st.sampled_from([0.1, 0.2, 0.3]))
def test_a_vault_moves_no_photo_out_of_the_held_out_ones(share, vault):
    aside = set_aside(MANY, vault)
    held = {one.photo for one in split(aside.rest, share, 32).held}
    assert held == {one.photo for one in split(MANY, share, 32).held}
    assert len(vault_squares(aside.vault, "photos", 32)) == len(aside.vault)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("vault") / "photos", range(120))


def test_squares_of_the_vault_are_neither_trained_on_nor_held_out(many, tmp_path):
    without = prepare_patches(data_of(many), tmp_path / "cache")
    made = prepare_patches(data_of(many, vault=0.25), tmp_path / "cache")
    assert (without.vault_names, without.vault_how, len(without.vault)) == ((), "", 0)
    assert made.vault.shape == (len(made.vault_names), 32, 32, 3)
    assert made.holdout_names == without.holdout_names
    assert (made.holdout == without.holdout).all()
    assert len(made.train) + len(made.vault) == len(without.train)
    trained = {square[4:36, 4:36].tobytes() for square in np.asarray(made.train)}
    assert not trained & {square.tobytes() for square in np.asarray(made.vault)}
    assert made.digest != without.digest
    assert made.summary.endswith(f"(whole photos); {len(made.vault)} photos in the vault")
    again = prepare_patches(data_of(many, vault=0.25), tmp_path / "cache")
    assert (again.vault == made.vault).all()


def test_a_photo_saved_again_never_lies_on_both_sides(tmp_path):
    folder = fill(tmp_path / "photos", range(120))
    for number in range(0, 120, 2):
        colorful(number, 120, 88).save(folder / f"copy{number}.jpg", quality=70)
    made = prepare_patches(data_of(folder, vault=0.4), tmp_path / "cache")
    inside = {int(name.removeprefix("copy").removeprefix("p")) for name in made.vault_names}
    outside = {*range(120)} - inside
    assert len(made.vault_names) >= LEAST_VAULT
    places = [
        int(one.name.removeprefix("copy").removeprefix("p").rpartition(".")[0])
        for one in survey(str(folder)).photos
        if Path(one.name).stem not in made.vault_names
    ]
    assert {*places} == outside


def test_of_a_holdout_folder_the_vault_is_a_part(many, tmp_path):
    mine = fill(tmp_path / "mine", range(200, 205))
    made = prepare_patches(data_of(mine, holdout=str(many), vault=0.25), tmp_path / "cache")
    assert len({name.split(" tile ")[0] for name in made.vault_names}) >= LEAST_VAULT
    assert made.usable == 5
    assert not {*made.vault_names} & {*made.holdout_names}


def test_the_thumbnail_of_a_photo_has_its_colors(tmp_path):
    folder = fill(tmp_path / "photos", range(4), 64, 48)
    first = survey(str(folder)).photos[0]
    seen = np.frombuffer(first.small, np.uint8).reshape(SMALL, SMALL, 3)
    whole = np.asarray(Image.open(first.path).convert("RGB"))
    assert seen.mean((0, 1)) == pytest.approx(whole.mean((0, 1)), abs=1)

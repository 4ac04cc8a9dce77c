import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.split import LEAST_HELD, MOST_HELD, cells, split, split_folders, square_side
from tuner.data.survey import Photo
from tuner.errors import PhotosError


def photo(number: int, width: int = 481, height: int = 321) -> Photo:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Photo(f"{number}.jpg", Path(f"{number}.jpg"), width, height, digest)


sizes = st.integers(170, 2000)
law = settings(max_examples=60)
photographs = st.lists(
    st.builds(photo, st.integers(0, 10**6), sizes, sizes),
    min_size=12,
    max_size=60,
    unique_by=lambda one: one.name,
)
shares = st.sampled_from([0.1, 0.2, 0.35, 0.5])


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
        "add photos, use larger ones, lower data.image_size, or raise data.cells"
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


def test_many_photos_are_not_cut_into_tiles_that_nothing_uses(monkeypatch):
    """Of 100,000 photos they would be millions."""
    monkeypatch.delattr("tuner.data.split._split_tiles")
    assert split([photo(number) for number in range(100)], 0.2, 32).mode == "photos"

import warnings
from threading import current_thread, main_thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_training import CPU

from tuner.color.spaces import rgb_to_lab
from tuner.data.batches import Batches, BatchesAhead, as_batch, as_squares

seeds = st.integers(0, 2**31)
steps = st.integers(0, 10_000)
law = settings(max_examples=40)


def places(number=5, side=40):
    """Squares in which every pixel tells its row, its column and its square."""
    square, row, column = np.mgrid[:number, :side, :side]
    return np.stack([row, column, square], axis=-1).astype(np.uint8)


def batches(squares=None, size=4):
    return Batches(places() if squares is None else squares, 32, size, CPU)


def crops(batch):
    """(B, H, W, 3): the pixels' rows, columns and squares."""
    return as_squares(batch.rgb).astype(int)


@law
@given(seeds, steps)
def test_a_batch_is_a_function_of_seed_and_step(seed, step):
    first, again = batches().draw(seed, step), batches().draw(seed, step)
    assert torch.equal(first.rgb, again.rgb)
    assert torch.equal(first.gray, again.gray)


@law
@given(seeds, steps)
def test_another_seed_or_step_gives_another_batch(seed, step):
    batch = batches(size=8).draw(seed, step).rgb
    assert not torch.equal(batch, batches(size=8).draw(seed + 1, step).rgb)
    assert not torch.equal(batch, batches(size=8).draw(seed, step + 1).rgb)


@law
@given(seeds, steps)
def test_surroundings_are_seen_in_gray_around_the_colors_of_the_same_crop(seed, step):
    wide = Batches(places(side=52), 32, 4, CPU, surroundings=8).draw(seed, step)
    assert (wide.rgb.shape, wide.gray.shape) == ((4, 3, 32, 32), (4, 1, 48, 48))
    assert torch.equal(wide.gray[..., 8:40, 8:40], as_batch(as_squares(wide.rgb), CPU).gray)


@pytest.mark.parametrize(("side", "surroundings"), [(40, 0), (52, 6)])
def test_colors_lie_channel_by_channel_as_networks_compute_them(side, surroundings):
    batch = Batches(places(side=side), 32, 4, CPU, surroundings).draw(0, 0)
    assert batch.rgb.is_contiguous(memory_format=torch.channels_last)


@law
@given(seeds, steps)
def test_crops_lie_inside_one_square_and_may_be_mirrored(seed, step):
    for crop in crops(batches().draw(seed, step)):
        rows, columns, square = crop[:, 0, 0], crop[0, :, 1], crop[0, 0, 2]
        assert (np.diff(rows) == 1).all()
        assert abs(np.diff(columns).sum()) == 31
        assert len(set(np.diff(columns))) == 1
        assert (crop[..., 2] == square).all()


@law
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 3)), min_size=1, max_size=12))
def test_batches_that_are_cut_ahead_are_the_same_in_any_order(asked):
    ahead = BatchesAhead(places(), 32, 4, CPU)
    for seed, step in asked:
        drawn, expected = ahead.draw(seed, step), batches().draw(seed, step)
        assert torch.equal(drawn.rgb, expected.rgb)
        assert torch.equal(drawn.gray, expected.gray)


def test_each_batch_is_cut_once_and_the_next_one_meanwhile():
    cut = []

    class Watched(BatchesAhead):
        def cut(self, seed, step):
            cut.append((step, current_thread() is main_thread()))
            return super().cut(seed, step)

    ahead = Watched(places(), 32, 4, CPU)
    for step in range(4):
        ahead.draw(7, step)
    ahead._next[7][1].result()
    assert sorted(cut) == [(0, True), (1, False), (2, False), (3, False), (4, False)]


def test_every_square_every_shift_and_both_directions_come_equally_often():
    drawn = np.concatenate([crops(batches(size=50).draw(1, step)) for step in range(60)])
    mirrored = drawn[:, 0, 0, 1] > drawn[:, 0, -1, 1]
    assert mirrored.mean() == pytest.approx(0.5, abs=0.05)
    assert np.bincount(drawn[:, 0, 0, 2]) == pytest.approx(600, abs=120)
    assert np.bincount(drawn[:, 0, 0, 0]) == pytest.approx(3000 / 9, abs=90)
    assert np.bincount(drawn[:, 0].min(axis=1)[:, 1]) == pytest.approx(3000 / 9, abs=90)


def test_a_square_of_the_size_of_the_crop_is_taken_whole():
    whole = Batches(places(side=32), 32, 8, CPU)
    assert (crops(whole.draw(0, 0))[:, :, 0, 0] == np.arange(32)).all()


def test_squares_that_are_mapped_from_disk_are_read_without_a_warning(tmp_path):
    np.save(tmp_path / "squares.npy", places())
    mapped = np.load(tmp_path / "squares.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = batches(mapped).draw(1, 1)
        held = as_batch(mapped, CPU)
    assert torch.equal(drawn.rgb, batches().draw(1, 1).rgb)
    held.rgb.zero_()  # writes into a copy
    assert mapped.any()


def test_a_batch_has_the_promised_shapes_and_its_gray_the_same_luminance():
    batch = as_batch(places(), CPU)
    assert batch.rgb.shape == (5, 3, 40, 40)
    assert batch.gray.shape == (5, 1, 40, 40)
    shown = rgb_to_lab(batch.gray.expand_as(batch.rgb))
    assert torch.allclose(shown[:, 0], rgb_to_lab(batch.rgb)[:, 0], atol=1e-2)
    assert shown[:, 1:].abs().max() < 0.02


def test_squares_survive_the_way_to_the_device_and_back():
    squares = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 3), np.uint8)
    assert (as_squares(as_batch(squares, CPU).rgb) == squares).all()


def test_what_lies_outside_the_range_is_clamped_to_it():
    rgb = torch.tensor([-0.5, 0.5, 1.5]).view(1, 3, 1, 1)
    assert as_squares(rgb).tolist() == [[[[0, 128, 255]]]]

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.color.edges import Edges, edge_likeness
from tuner.color.measures import Photos, measures, read_colors
from tuner.color.spaces import rgb_to_lab

NUMBERS = st.floats(-2, 2)


def colors(side=24, number=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 20 * torch.randn(number, 2, side, side + 3, generator=generator)


def steps(ab):
    corner = ab[:, :-1, :-1]
    return np.stack([ab[:, 1:, :-1] - corner, ab[:, :-1, 1:] - corner], axis=1)


def explained_by_hand(prediction, target, down, across):
    """Of the steps of a photo that is moved, edges left out, by least squares, place by place."""
    p, t = (steps(one[0].double().numpy()) for one in (prediction, target))
    height, width = p.shape[-2:]
    moved = np.zeros_like(t)
    for y in range(max(0, down), min(height, height + down)):
        for x in range(max(0, across), min(width, width + across)):
            moved[:, :, y, x] = t[:, :, y - down, x - across]
    p, t, moved = (one.reshape(2, -1) for one in (p, t, moved))
    return np.sqrt((np.linalg.solve(t @ t.T, moved @ p.T) * (moved @ p.T)).sum())


def test_it_is_what_least_squares_say_by_hand():
    target = colors()
    prediction = target + 0.5 * target.roll((-1, 1), (-2, -1)) + colors(seed=1)
    kept, found = edge_likeness(prediction, Edges.of(target))
    everywhere = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]  # a reach of 24 / 16 is 2
    expected = {place: explained_by_hand(prediction, target, *place) for place in everywhere}
    unit = np.sqrt(24 * 27)
    assert kept.item() == pytest.approx(expected[0, 0] / unit, rel=1e-4)
    assert found.item() == pytest.approx(max(expected.values()) / unit, rel=1e-4)


@given(st.lists(NUMBERS, min_size=4, max_size=4), st.floats(-20, 20))
@settings(deadline=None, max_examples=50)
def test_colors_at_their_place_do_not_bleed_whatever_they_are(matrix, offset):
    target = colors()
    turned = torch.einsum("pt,bthw->bphw", torch.tensor(matrix).view(2, 2), target) + offset
    kept, found = edge_likeness(turned, Edges.of(target))
    assert found.item() == pytest.approx(kept.item(), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(("down", "across"), [(1, 0), (0, -2), (3, 3)])
def test_displaced_colors_are_found_where_they_went(photos, down, across):
    ab = rgb_to_lab(photos[:9])[:, 1:]
    moved = ab.roll((down, across), (-2, -1))
    kept, found = edge_likeness(moved, Edges.of(ab))
    itself, _ = edge_likeness(ab, Edges.of(ab))
    assert (kept < 0.9 * found).all()
    assert (found <= 1.01 * itself).all()
    assert found.sum() > 0.9 * itself.sum()


def test_smeared_colors_bleed_the_more_the_farther(photos):
    lab = rgb_to_lab(photos)
    said = []
    for width in (1, 3, 5, 9):
        smeared = torch.nn.functional.avg_pool2d(
            lab[:, 1:], width, 1, width // 2, count_include_pad=False
        )
        spoiled = Photos(photos, torch.cat((lab[:, :1], smeared), dim=1))
        said.append(measures(read_colors(spoiled, Photos(photos, lab)))["bleeding"])
    assert said[0] == pytest.approx(0, abs=1e-6)
    assert said == sorted(said)
    assert said[-1] > 0.3


def test_photos_without_color_are_like_nothing():
    none = torch.zeros(1, 2, 16, 16)
    for prediction, target in ((none, none), (colors(13), torch.zeros(1, 2, 13, 16))):
        for likeness in edge_likeness(prediction, Edges.of(target)):
            assert likeness.item() == pytest.approx(0, abs=1e-3)

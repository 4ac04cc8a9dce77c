import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tuner.color.agreement import (
    cast,
    correlation,
    fit,
    hue_turn,
    moments,
    pooled,
    recoloring,
    slope,
    tint,
)
from tuner.color.spaces import rgb_to_lab


@pytest.fixture(scope="module")
def ab(photos):
    return rgb_to_lab(photos)[:, 1:]


def test_slope_and_cast_are_those_of_least_squares(ab):
    prediction, target = ab[10:11], ab[:1]
    found = moments(prediction, target)
    p, t = (x[0].flatten(1).double().numpy() for x in (prediction, target))
    design = np.zeros((p.size, 3))
    design[:, 0] = t.ravel()
    design[: p.shape[1], 1] = design[p.shape[1] :, 2] = 1
    expected = np.linalg.lstsq(design, p.ravel(), rcond=None)[0]
    assert slope(found).item() == pytest.approx(expected[0], abs=1e-4)
    assert cast(found)[0].tolist() == pytest.approx(expected[1:], abs=1e-2)


@given(st.floats(-2, 2), st.floats(-30, 30), st.floats(-30, 30))
def test_a_slope_and_a_cast_that_were_put_in_are_found(by, a, b):
    target = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(1)) * 20
    found = pooled(moments(by * target + torch.tensor([a, b]).view(1, 2, 1, 1), target))
    assert slope(found).item() == pytest.approx(by, abs=1e-4)
    assert cast(found)[0].tolist() == pytest.approx([a, b], abs=1e-3)


def test_pooling_photos_is_measuring_them_as_one(ab):
    prediction, target = ab.roll(1, 0), ab
    whole = [torch.cat(tuple(x), dim=-1)[None] for x in (prediction, target)]
    one, many = moments(*whole), pooled(moments(prediction, target))
    assert slope(many).item() == pytest.approx(slope(one).item(), abs=1e-4)
    assert correlation(many).item() == pytest.approx(correlation(one).item(), abs=1e-4)
    torch.testing.assert_close(cast(many), cast(one), atol=1e-2, rtol=1e-3)


def test_correlation_ignores_scale_and_keeps_the_sign(ab):
    assert correlation(moments(0.3 * ab[:1], ab[:1])).item() == pytest.approx(1, abs=1e-4)
    assert correlation(moments(-ab[:1], ab[:1])).item() == pytest.approx(-1, abs=1e-4)


def test_what_does_not_vary_explains_nothing(ab):
    flat = torch.full_like(ab[:1], 7.0)
    assert slope(moments(ab[:1], flat)).item() == correlation(moments(flat, ab[:1])).item() == 0
    assert cast(moments(flat, ab[:1]))[0].tolist() == pytest.approx([7, 7], abs=1e-3)


def test_recoloring_and_tint_are_those_of_least_squares(ab):
    prediction, target = 0.5 * ab[10:11] + ab[:1].flip(1), ab[:1]
    found = moments(prediction, target)
    p, t = (x[0].flatten(1).double().numpy().T for x in (prediction, target))
    design = np.column_stack((t, np.ones(len(t))))
    expected, rest, *_ = np.linalg.lstsq(design, p, rcond=None)
    np.testing.assert_allclose(recoloring(found)[0], expected[:2].T, atol=1e-3)
    np.testing.assert_allclose(tint(found)[0], expected[2], atol=2e-2)
    explained = 1 - rest.sum() / ((p - p.mean(0)) ** 2).sum()
    assert fit(found).item() == pytest.approx(explained**0.5, abs=1e-3)


@given(st.floats(-179, 179), st.floats(0.1, 2), st.floats(-30, 30), st.floats(-30, 30))
def test_turned_hues_leave_no_tint(degrees, by, a, b):
    target = torch.randn(3, 2, 8, 8, generator=torch.Generator().manual_seed(1)) * 20 + 10
    angle = np.deg2rad(degrees)
    turn = by * torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    put_in = torch.tensor([a, b]).view(1, 2, 1, 1)
    prediction = torch.einsum("ij,njhw->nihw", turn.float(), target) + put_in
    found = pooled(moments(prediction, target))
    assert tint(found)[0].tolist() == pytest.approx([a, b], abs=2e-2)
    assert hue_turn(found).item() == pytest.approx(degrees, abs=0.5)
    assert fit(found).item() == pytest.approx(1, abs=1e-3)


def test_what_is_unrelated_fits_badly(ab):
    assert fit(pooled(moments(ab.roll(36, 0), ab))).item() < 0.5
    assert fit(moments(torch.zeros_like(ab[:1]), ab[:1])).item() == 0


def test_some_photos_may_be_taken_out_and_repeated(ab):
    whole = moments(ab.roll(1, 0), ab)
    part = whole.part(torch.tensor([2, 2, 0]))
    chosen = [2, 2, 0]
    again = moments(ab.roll(1, 0)[chosen], ab[chosen])
    torch.testing.assert_close(tint(part), tint(again))
    torch.testing.assert_close(part.var_target, again.var_target)

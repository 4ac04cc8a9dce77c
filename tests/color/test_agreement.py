import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tuner.color.agreement import cast, correlation, moments, pooled, slope
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

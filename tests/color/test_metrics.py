import numpy as np
import pytest
import skimage.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st

from tuner.color import metrics
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab
from tuner.color.structure import Smoothed, similarity


def flat(*rgb):
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 32, 32)


def lab_photo(lightness, a, b):
    return torch.tensor([lightness, a, b]).view(1, 3, 1, 1).expand(1, 3, 32, 32)


def test_colorfulness_is_hasler_and_suesstrunks_formula(photos):
    red, green, blue = (photos[:5].double() * 255).numpy().transpose(1, 0, 2, 3)
    rg, yb = red - green, 0.5 * (red + green) - blue
    spread = np.sqrt(rg.std((1, 2)) ** 2 + yb.std((1, 2)) ** 2)
    offset = np.sqrt(rg.mean((1, 2)) ** 2 + yb.mean((1, 2)) ** 2)
    np.testing.assert_allclose(
        metrics.colorfulness(photos[:5]).numpy(), spread + 0.3 * offset, rtol=1e-5
    )


def test_a_flat_red_photo_has_a_known_colorfulness():
    expected = 0.3 * (255**2 + 127.5**2) ** 0.5
    assert metrics.colorfulness(flat(1.0, 0.0, 0.0)).item() == pytest.approx(expected)
    assert metrics.colorfulness_abs(flat(0.0, 1.0, 0.0)).item() == pytest.approx(expected)


def test_the_variant_of_the_papers_takes_opponents_without_sign(photos):
    red, green, blue = (photos[:5].double() * 255).numpy().transpose(1, 0, 2, 3)
    rg, yb = np.abs(red - green), np.abs(0.5 * (red + green) - blue)
    spread = np.sqrt(rg.var((1, 2)) + yb.var((1, 2)))
    offset = np.hypot(rg.mean((1, 2)), yb.mean((1, 2)))
    found = metrics.colorfulness_abs(photos[:5])
    np.testing.assert_allclose(found.numpy(), spread + 0.3 * offset, rtol=1e-5)


def test_pooling_keeps_colors_and_drops_color_noise(distorted):
    photo, noisy = distorted["identity"], distorted["color noise"]
    kept = metrics.pooled_colorfulness(photo).mean() / metrics.colorfulness(photo).mean()
    gained = metrics.colorfulness(noisy).mean() - metrics.colorfulness(photo).mean()
    pooled = metrics.pooled_colorfulness(noisy).mean() - metrics.pooled_colorfulness(photo).mean()
    assert kept > 0.8
    assert pooled < 0.1 * gained


@given(st.floats(0, 200), st.floats(0, 200))
def test_the_gap_does_not_care_which_of_two_is_too_vivid(one, other):
    one, other = torch.tensor(one), torch.tensor(other)
    there, back = metrics.colorfulness_gap(one, other), metrics.colorfulness_gap(other, one)
    assert there.item() == pytest.approx(back.item(), abs=1e-5)
    assert there >= 0


def test_gap_has_a_known_answer():
    assert metrics.colorfulness_gap(torch.tensor(0.0), torch.tensor(5.0)).item() == pytest.approx(
        np.log(2)
    )


def test_mean_chroma_has_a_known_answer():
    assert metrics.mean_chroma(lab_photo(50.0, 3.0, 4.0)).item() == 5


def test_color_variation_counts_steps_between_neighbors():
    lab = torch.zeros(1, 3, 4, 4)
    lab[:, 1, :, ::2] = 6.0  # every step across is 6, none down
    assert metrics.color_variation(lab).item() == 6


@pytest.mark.parametrize(("b", "angle"), [(0.0, 0.0), (10.0, 45.0), (1e9, 90.0)])
def test_hue_error_is_an_angle(b, angle):
    found = metrics.hue_error(lab_photo(50.0, 10.0, b), lab_photo(50.0, 10.0, 0.0))
    assert found.item() == pytest.approx(angle, abs=1e-3)


def test_opposite_hues_are_half_a_turn_apart_and_gray_has_no_hue():
    assert metrics.hue_error(
        lab_photo(50.0, -9.0, -9.0), lab_photo(50.0, 9.0, 9.0)
    ).item() == pytest.approx(180)
    assert metrics.hue_error(lab_photo(50.0, 0.0, 0.0), lab_photo(50.0, 9.0, 9.0)).item() == 0


def test_lightness_drift_has_a_sign_and_its_error_has_none():
    darker, photo = lab_photo(42.0, 0.0, 0.0), lab_photo(50.0, 5.0, 5.0)
    assert metrics.lightness_drift(darker, photo).item() == -8
    assert metrics.lightness_error(darker, photo).item() == 64


def test_psnr_agrees_with_scikit_image_and_ends_at_100(photos):
    gray = gray_of(photos[:2])
    expected = [
        skimage.metrics.peak_signal_noise_ratio(t.numpy(), p.numpy(), data_range=1)
        for p, t in zip(gray, photos[:2], strict=True)
    ]
    assert metrics.psnr(gray, photos[:2]).tolist() == pytest.approx(expected, rel=1e-4)
    assert metrics.psnr(photos[:1], photos[:1]).item() == 100


def test_clipped_pixels_are_counted_once():
    rgb = torch.full((1, 3, 10, 10), 0.5)
    rgb[:, 0, 0] = 1.0
    rgb[:, 1, 0] = 0.0
    assert metrics.clipped_share(rgb).item() == pytest.approx(0.1)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_everything_is_finite_on_flat_photos(value):
    rgb = flat(value, value, value)
    lab = rgb_to_lab(rgb)
    values = [
        *(f(rgb) for f in (metrics.colorfulness, metrics.colorfulness_abs)),
        *(f(rgb) for f in (metrics.pooled_colorfulness, metrics.clipped_share)),
        *(f(lab) for f in (metrics.mean_chroma, metrics.color_variation)),
        *(f(lab, lab) for f in (metrics.hue_error, metrics.mean_ciede2000)),
        metrics.psnr(rgb, rgb),
        similarity(rgb, Smoothed.of(rgb)),
    ]
    assert all(found.isfinite().all() for found in values)
    assert lab_to_rgb(lab).isfinite().all()

import kornia
import numpy as np
import pytest
import skimage.color
import torch
from hypothesis import given
from hypothesis import strategies as st

from tuner.color.spaces import chroma, gray_of, lab_to_rgb, rgb_to_lab

EDGES = [0.0, 1.0, 0.5, 0.04045, -0.02, 1.05]


def pixel(*rgb):
    return torch.tensor(rgb).view(3, 1, 1)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    ],
)
def test_well_known_colors_have_their_lab(rgb, lab):
    assert rgb_to_lab(pixel(*rgb)).flatten().tolist() == pytest.approx(lab, abs=0.01)


def test_lab_agrees_with_scikit_image_on_photos(photos):
    ours = rgb_to_lab(photos[:8]).permute(0, 2, 3, 1).numpy()
    theirs = skimage.color.rgb2lab(photos[:8].permute(0, 2, 3, 1).numpy().astype(np.float64))
    np.testing.assert_allclose(ours, theirs, atol=5e-4)


def test_lab_agrees_with_kornia_on_photos(photos):
    torch.testing.assert_close(
        rgb_to_lab(photos), kornia.color.rgb_to_lab(photos), atol=5e-4, rtol=0
    )


def test_rgb_agrees_with_scikit_image_inside_the_gamut(photos):
    lab = skimage.color.rgb2lab(photos[:8].permute(0, 2, 3, 1).numpy().astype(np.float64))
    ours = lab_to_rgb(torch.from_numpy(lab).permute(0, 3, 1, 2))
    np.testing.assert_allclose(
        ours.permute(0, 2, 3, 1).numpy(), skimage.color.lab2rgb(lab), atol=1e-5
    )


@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3))
def test_lab_and_back_is_the_same_color(rgb):
    torch.testing.assert_close(lab_to_rgb(rgb_to_lab(pixel(*rgb))), pixel(*rgb), atol=2e-4, rtol=0)


@pytest.mark.parametrize("value", EDGES)
def test_gradients_are_finite_at_the_edges(value):
    rgb = torch.full((3, 2, 2), value, requires_grad=True)
    lab = rgb_to_lab(rgb)
    (lab.square().sum() + chroma(lab[1:]).sum() + lab_to_rgb(lab).sum()).backward()
    assert rgb.grad.isfinite().all()


def test_gradient_is_that_of_the_formula():
    rgb = torch.tensor([0.01, 0.3, 0.9], dtype=torch.float64).view(3, 1, 1).requires_grad_()
    assert torch.autograd.gradcheck(rgb_to_lab, (rgb,))
    assert torch.autograd.gradcheck(lambda x: lab_to_rgb(rgb_to_lab(x)), (rgb,))


def test_gray_keeps_lightness_and_loses_color(photos):
    gray = rgb_to_lab(gray_of(photos))
    torch.testing.assert_close(gray[:, 0], rgb_to_lab(photos)[:, 0], atol=2e-3, rtol=0)
    assert gray[:, 1:].abs().max() < 5e-3


def test_gray_of_a_gray_photo_is_the_photo():
    gray = torch.rand(1, 8, 8).expand(3, 8, 8)
    torch.testing.assert_close(gray_of(gray), gray, atol=1e-5, rtol=0)


def test_chroma_is_the_distance_from_gray():
    assert chroma(torch.tensor([3.0, 4.0]).view(2, 1, 1)).item() == 5
    assert chroma(torch.zeros(2, 1, 1), softness=0.5).item() == 0.5


@pytest.mark.parametrize("softness", [0.0, 0.5])
def test_chroma_pulls_gray_nowhere(softness):
    ab = torch.zeros(2, 3, 3, requires_grad=True)
    chroma(ab, softness).sum().backward()
    assert (ab.grad == 0).all()


def test_half_precision_and_autocast_do_not_reach_the_formulas(photos):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = rgb_to_lab(photos[:2])
    assert torch.equal(inside, rgb_to_lab(photos[:2]))
    assert rgb_to_lab(photos[:2].bfloat16()).dtype == torch.float32


def test_vmap_gives_the_same(photos):
    mapped = torch.func.vmap(lambda rgb: chroma(rgb_to_lab(rgb)[1:]))(photos[:4])
    torch.testing.assert_close(mapped, chroma(rgb_to_lab(photos[:4])[:, 1:]))
    back = torch.func.vmap(lambda rgb: gray_of(lab_to_rgb(rgb_to_lab(rgb))))(photos[:4])
    torch.testing.assert_close(back, gray_of(photos[:4]), atol=1e-4, rtol=0)

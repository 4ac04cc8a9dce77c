import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab

from tuner.color.spaces import gray_of
from tuner.training.custom.interface import ModelInterface

GRAY = gray_of(torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))[
    :, :1
].contiguous()


@pytest.mark.parametrize(
    ("way", "shape"),
    [
        ("gray", (2, 1, 8, 8)),
        ("gray3", (2, 3, 8, 8)),
        ("frame", (2, 1, 1, 8, 8)),
        ("frame3", (2, 3, 1, 8, 8)),
    ],
)
def test_a_photo_is_shown_with_channels_and_frames(way, shape):
    shown = ModelInterface(way, "rgb").shown(GRAY)
    assert shown.shape == shape
    assert torch.equal(shown.reshape(2, -1, 8, 8)[:, -1:], GRAY)
    assert shown.is_contiguous()


def test_rgb_is_taken_as_it_is_also_behind_a_frame():
    rgb = torch.rand(2, 3, 8, 8)
    assert torch.equal(ModelInterface("gray", "rgb").read(rgb, GRAY), rgb)
    assert torch.equal(ModelInterface("frame", "rgb").read(rgb.unsqueeze(2), GRAY), rgb)
    assert torch.allclose(ModelInterface("gray", "rgb_scaled").read(2 * rgb - 1, GRAY), rgb)


def test_ab_is_put_under_the_lightness_of_the_gray_photo_as_scikit_image_does_it():
    ab = torch.rand(2, 2, 8, 8, generator=torch.Generator().manual_seed(1)) * 20 - 10
    lightness = rgb2lab(GRAY.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy())[..., :1]
    lab = torch.cat((torch.from_numpy(lightness), ab.permute(0, 2, 3, 1)), dim=-1).numpy()
    expected = torch.from_numpy(lab2rgb(lab)).permute(0, 3, 1, 2)
    seen = ModelInterface("gray", "ab").read(ab, GRAY).clamp(0, 1)
    assert torch.allclose(seen, expected.float(), atol=2e-3)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_scaled_ab_is_110_times_smaller(a, b):
    ab = torch.tensor([a, b]).reshape(1, 2, 1, 1).expand(2, 2, 8, 8)
    scaled, plain = ModelInterface("gray", "ab_scaled"), ModelInterface("gray", "ab")
    assert torch.allclose(scaled.read(ab, GRAY), plain.read(ab * 110, GRAY))


def test_gray_ab_is_the_gray_photo():
    rgb = ModelInterface("gray", "ab").read(torch.zeros(2, 2, 8, 8), GRAY)
    assert torch.allclose(rgb, GRAY.expand(-1, 3, -1, -1), atol=1e-4)

import kornia
import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from tuner.color.spaces import rgb_to_lab
from tuner.color.structure import Smoothed, ab_scales, ab_similarity, similarity, similarity_map


def test_it_is_that_of_kornia_edges_and_all(photos):
    pair = photos[:3, :, :, :50], photos[3:6, :, :, :50]
    expected = kornia.metrics.ssim(*pair, 11)
    torch.testing.assert_close(
        similarity_map(pair[0], Smoothed.of(pair[1])), expected, rtol=1e-3, atol=1e-4
    )


def test_it_is_that_of_scikit_image_away_from_the_edges(photos):
    first, second = (rgb_to_lab(photos[place])[:, 1] + 128 for place in ([0], [5]))
    _, expected = structural_similarity(
        first[0].double().numpy(), second[0].double().numpy(), data_range=100.0, full=True,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    )  # fmt: skip
    ours = similarity_map(first[None].double(), Smoothed.of(second[None].double()), 100.0)[0, 0]
    inside = np.s_[5:-5, 5:-5]
    np.testing.assert_allclose(ours.numpy()[inside], expected[inside], rtol=1e-6)


def test_two_flat_pictures_have_a_known_similarity():
    """Without any spread only the means count: (2 xy + c) / (x^2 + y^2 + c), c = 0.0001."""
    first, second = torch.full((1, 1, 16, 16), 0.2), torch.full((1, 1, 16, 16), 0.4)
    expected = (2 * 0.08 + 1e-4) / (0.2 + 1e-4)
    assert similarity(first, Smoothed.of(second)).item() == pytest.approx(expected, abs=1e-3)


def test_colors_are_like_themselves_and_unlike_their_opposites(photos):
    ab = rgb_to_lab(photos)[:, 1:]
    target = ab_scales(ab)
    torch.testing.assert_close(ab_similarity(ab, target), torch.ones(len(ab)))
    opposite, none = ab_similarity(-ab, target).mean(), ab_similarity(0 * ab, target).mean()
    assert opposite < none < 0.7


@pytest.mark.parametrize("by", [1, 2, 4])
def test_colors_in_the_wrong_place_are_seen_the_farther_the_more(photos, by):
    ab = rgb_to_lab(photos)[:, 1:]
    target = ab_scales(ab)
    near, far = (ab_similarity(ab.roll(step, -1), target).mean() for step in (by, 2 * by))
    assert far < near < 0.95


def test_sides_too_small_to_be_halved_have_one_scale():
    ab = torch.randn(2, 2, 8, 40, generator=torch.Generator().manual_seed(0))
    expected = similarity(ab + 128, Smoothed.of(128 - ab), 100.0)
    torch.testing.assert_close(ab_similarity(-ab, ab_scales(ab)), expected)

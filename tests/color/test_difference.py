import numpy as np
import pytest
import skimage.color
import torch

from tuner.color.difference import ciede2000
from tuner.color.spaces import rgb_to_lab

# Test data of Sharma, Wu and Dalal, 2005.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, -0.0010, 2.4900), (50, 0.0009, -2.4900), 4.8045),
    ((50, -0.0010, 2.4900), (50, 0.0011, -2.4900), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def pixel(lab):
    return torch.tensor(lab, dtype=torch.float64).view(3, 1, 1)


@pytest.mark.parametrize(("first", "second", "difference"), SHARMA)
def test_published_pairs_have_their_difference(first, second, difference):
    assert ciede2000(pixel(first), pixel(second)).item() == pytest.approx(difference, abs=1e-4)
    assert ciede2000(pixel(second), pixel(first)).item() == pytest.approx(difference, abs=1e-4)


def test_it_agrees_with_scikit_image_on_photos(photos):
    first, second = rgb_to_lab(photos[:4]), rgb_to_lab(photos[40:44])
    arrays = [lab.permute(0, 2, 3, 1).double().numpy() for lab in (first, second)]
    np.testing.assert_allclose(
        ciede2000(first, second).numpy(), skimage.color.deltaE_ciede2000(*arrays), atol=2e-2
    )


def test_equal_colors_do_not_differ(photos):
    lab = rgb_to_lab(photos[:4])
    assert ciede2000(lab, lab).abs().max() == 0

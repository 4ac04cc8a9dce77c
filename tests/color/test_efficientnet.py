from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch.nn import functional

from tuner.color.efficientnet import BLOCKS, EfficientNetLite0, _Convolution, scaled
from tuner.color.trunk import read_weights
from tuner.color.trunk_files import packaged_file

SIDE = 224


@pytest.fixture(scope="module")
def weights():
    return read_weights(packaged_file().path)


@pytest.fixture(scope="module")
def network(weights):
    return EfficientNetLite0.of(weights)


def picture(package, file):
    path = Path(find_spec(package).origin).parent / file
    square = ImageOps.fit(Image.open(path).convert("RGB"), (SIDE, SIDE))
    return torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).float()[None] / 255


@pytest.mark.parametrize(
    ("package", "file", "classes"),
    [
        ("skimage", "data/chelsea.png", {281, 282, 285}),  # tabby, tiger cat, Egyptian cat
        ("skimage", "data/coffee.png", {967}),  # espresso
        ("skimage", "data/rocket.jpg", {657}),  # missile
        ("sklearn", "datasets/images/flower.jpg", {985}),  # daisy
    ],
)
@torch.no_grad()
def test_it_knows_what_the_sample_photos_show(network, package, file, classes):
    assert network(picture(package, file)).argmax().item() in classes


@torch.no_grad()
def test_folding_changes_nothing_but_rounding(network, weights):
    """The first two convolutions by hand, with batch normalization as it is defined."""
    rgb = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    def normalized(features, name):
        mean, var, gain, bias = (
            weights[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (features - mean) / (var + 1e-3).sqrt() * gain + bias

    stem = functional.conv2d(
        functional.pad(scaled(rgb), (0, 1, 0, 1)), weights["_conv_stem.weight"], stride=2
    )
    inside = functional.conv2d(
        normalized(stem, "_bn0").clamp(0, 6),
        weights["_blocks.0._depthwise_conv.weight"],
        padding=1,
        groups=32,
    )
    inside = normalized(inside, "_blocks.0._bn1").clamp(0, 6)
    expected = normalized(
        functional.conv2d(inside, weights["_blocks.0._project_conv.weight"]), "_blocks.0._bn2"
    )
    torch.testing.assert_close(network.folded(1)[0](scaled(rgb)), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_features_are_neither_dead_nor_wild(network):
    features, sides = scaled(picture("skimage", "data/chelsea.png")), []
    for part in network.folded(BLOCKS):
        features = part(features)
        assert features.isfinite().all()
        assert 0.05 < features.std() < 20
        sides.append(features.shape[-1])
    assert sides == [112, 56, 56, 28, 28, *[14] * 6, *[7] * 5]


@pytest.mark.parametrize("change", [{"_fc.bias": None}, {"more": torch.zeros(1)}])
def test_weights_that_do_not_fit_exactly_are_refused(weights, change):
    changed = {name: value for name, value in {**weights, **change}.items() if value is not None}
    with pytest.raises(RuntimeError, match=r"_fc\.bias|more"):
        EfficientNetLite0.of(changed)


@pytest.mark.parametrize("groups", [1, 6])
@pytest.mark.parametrize("stride", [1, 2])
def test_one_place_is_convolved_as_if_it_were_padded(groups, stride):
    convolution = _Convolution(6, 6, 5, stride, groups)
    place = torch.randn(3, 6, 1, 1)
    padded = functional.pad(place, (2, 2, 2, 2))
    expected = functional.conv2d(padded, convolution.weight, None, stride, groups=groups)
    torch.testing.assert_close(convolution(place), expected)


@pytest.mark.parametrize(("size", "place"), [((7, 8), (4, 4)), ((16, 17), (8, 9))])
def test_sides_are_halved_upwards(size, place):
    assert _Convolution(1, 1, 3, 2)(torch.zeros(1, 1, *size)).shape[-2:] == place

import pytest
import torch
from torch import nn

from tuner.color.convolution import BlockConvolution, CenterConvolution, speed_up_convolutions


@pytest.mark.parametrize("side", range(31, 40))
def test_blocks_equal_the_large_convolution(side):
    plain = nn.Conv2d(3, 4, 11, stride=4, padding=2).requires_grad_(requires_grad=False)
    rgb = torch.rand(2, 3, side, side + 3, requires_grad=True)
    expected, got = plain(rgb), BlockConvolution(plain)(rgb)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    gradients = [torch.autograd.grad(out.square().sum(), rgb)[0] for out in (expected, got)]
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("side", [1, 2, 5])
def test_the_center_equals_the_padded_convolution(side):
    plain = nn.Conv2d(5, 4, 3, padding=1).requires_grad_(requires_grad=False)
    features = torch.rand(2, 5, side, side)
    torch.testing.assert_close(CenterConvolution(plain)(features), plain(features))


def test_only_the_two_kinds_are_replaced():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.Sequential(nn.Conv2d(4, 4, 3, stride=2), nn.ReLU()),
        nn.Conv2d(4, 4, 1),
    )
    speed_up_convolutions(network)
    kinds = [type(part).__name__ for part in (network[0], network[1][0], network[2])]
    assert kinds == ["CenterConvolution", "Conv2d", "Conv2d"]

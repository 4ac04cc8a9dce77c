"""Real photographs, cut from the sample pictures of scikit-image and scikit-learn."""

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from tuner.color.perceptual import PerceptualDistance
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab

PICTURES = {
    "skimage": (
        "data/astronaut.png",
        "data/chelsea.png",
        "data/coffee.png",
        "data/ihc.png",
        "data/motorcycle_left.png",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
SIDE = 64
ACROSS = 3
TILES = ACROSS**2


def tiles(path: Path, side: int = SIDE, across: int = ACROSS) -> torch.Tensor:
    square = ImageOps.fit(Image.open(path).convert("RGB"), (side * across, side * across))
    rgb = torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).float() / 255
    cut = rgb.unfold(1, side, side).unfold(2, side, side)
    return cut.permute(1, 2, 0, 3, 4).reshape(-1, 3, side, side)


@pytest.fixture(scope="session")
def photos() -> torch.Tensor:
    """(72, 3, 64, 64): nine tiles from each of eight photographs, in order."""
    found = [
        Path(find_spec(package).origin).parent / file
        for package, files in PICTURES.items()
        for file in files
    ]
    return torch.cat([tiles(path) for path in found])


@pytest.fixture(scope="session")
def nets() -> dict[str, PerceptualDistance]:
    return {net: PerceptualDistance(net, trunk="random") for net in ("alex", "vgg", "squeeze")}


@pytest.fixture(scope="session")
def squeeze() -> PerceptualDistance:
    return PerceptualDistance("squeeze", trunk="random")


@pytest.fixture(scope="session")
def alex() -> PerceptualDistance:
    return PerceptualDistance("alex", trunk="random")


def recolored(rgb, change):
    """The photos with their (a, b) changed, as a screen would show them."""
    lab = rgb_to_lab(rgb)
    ab = change(lab[:, 1:]).expand_as(lab[:, 1:])
    return lab_to_rgb(torch.cat((lab[:, :1], ab), dim=1)).clamp(0, 1)


def brighter(rgb, by):
    lab = rgb_to_lab(rgb)
    lab[:, 0] += by
    return lab_to_rgb(lab).clamp(0, 1)


def color(length, degrees):
    angle = math.radians(degrees)
    return length * torch.tensor([math.cos(angle), math.sin(angle)]).view(1, 2, 1, 1)


def distortions(rgb):
    """The ways in which a colorization can be wrong, by name."""
    noise = 20 * torch.randn(rgb[:, :2].shape, generator=torch.Generator().manual_seed(0))
    mean = rgb_to_lab(rgb)[:, 1:].mean((0, 2, 3), keepdim=True)
    return {
        "identity": rgb,
        "chroma x1.2": recolored(rgb, lambda ab: 1.2 * ab),
        "chroma x0.8": recolored(rgb, lambda ab: 0.8 * ab),
        "chroma x1.5": recolored(rgb, lambda ab: 1.5 * ab),
        "chroma x0.5": recolored(rgb, lambda ab: 0.5 * ab),
        "hedged": recolored(rgb, lambda ab: 0.5 * ab + 0.5 * mean),
        "chroma x2": recolored(rgb, lambda ab: 2 * ab),
        "L + 10": brighter(rgb, 10),
        "color noise": recolored(rgb, lambda ab: ab + noise),
        "sepia wash": recolored(rgb, lambda ab: 0.5 * ab + color(16.5, 69)),
        "purple wash": recolored(rgb, lambda ab: 0.5 * ab + color(16.3, -45)),
        "another's colors": recolored(rgb, lambda ab: ab.roll(TILES, dims=0)),
        "gray": gray_of(rgb),
        "constant sepia": recolored(rgb, lambda ab: color(21.5, 68)),
        "opposite hues": recolored(rgb, lambda ab: -ab),
        "displaced": recolored(rgb, lambda ab: ab.roll(2, dims=-1)),
    }


@pytest.fixture(scope="session")
def distorted(photos) -> dict[str, torch.Tensor]:
    return distortions(photos)

"""A project's network and its loss."""

import torch
from torch import nn


class Colorizer(nn.Module):
    """Gray in three channels in, ab in [-1, 1] out."""

    def __init__(self, width=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 5, padding=2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 5, padding=2),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2, 1),
            nn.Tanh(),
        )

    def forward(self, gray):
        return self.layers(gray)


class PixelAndEdge(nn.Module):
    """Errors of the colors, and of how they change from pixel to pixel."""

    def __init__(self, pixel, edge):
        super().__init__()
        self.pixel, self.edge = pixel, edge

    def forward(self, prediction, target):
        pixel = (prediction - target).abs().mean()
        edges = [
            (torch.diff(prediction, dim=axis) - torch.diff(target, dim=axis)).abs().mean()
            for axis in (-1, -2)
        ]
        edge = sum(edges)
        return {"total": self.pixel * pixel + self.edge * edge, "pixel": pixel, "edge": edge}

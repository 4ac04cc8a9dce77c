"""A loss of three terms; there is no autograd here, so it returns its slope as well."""

import numpy as np


class ColorLoss:
    """The weighted sum of its terms.

    Args:
        perceptual_weight: Of colors averaged over patches of 4 x 4 pixels.
        ab_weight: Of the color of each pixel.
        saturation_weight: Of a push away from gray.
    """

    def __init__(self, perceptual_weight=0.0, ab_weight=1.0, saturation_weight=0.0):
        self.perceptual_weight = perceptual_weight
        self.ab_weight = ab_weight
        self.saturation_weight = saturation_weight

    def __call__(self, guess, color):
        off, coarse = guess - color, patches(guess - color)
        loss = (
            self.perceptual_weight * (coarse**2).mean()
            + self.ab_weight * (off**2).mean()
            - self.saturation_weight * np.abs(guess).mean()
        )
        slope = (
            self.perceptual_weight * coarse
            + self.ab_weight * off
            - self.saturation_weight * np.sign(guess)
        )
        return loss, slope


def patches(picture):
    """The mean of each patch, in all of its pixels."""
    rows, columns, channels = (side // 4 * 4 for side in (*picture.shape[:2], 12))
    whole = picture[:rows, :columns].reshape(rows // 4, 4, columns // 4, 4, channels // 4)
    coarse = np.zeros_like(picture)
    coarse[:rows, :columns] = whole.mean((1, 3)).repeat(4, 0).repeat(4, 1)
    return coarse

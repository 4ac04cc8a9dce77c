"""The held-out photos: colored with their surroundings, scored, and shown as pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tuner.data.batches import as_batch, as_squares, inner
from tuner.data.photo_cache import Patches

Color = Callable[[Tensor], Tensor]
"""Colors gray photos (B, 1, H, W): RGB (B, 3, H, W)."""

Views = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Photos that are shown as gray, prediction and photo, (n, H, W, 3) uint8 each."""


@dataclass(frozen=True)
class HeldoutPhotos:
    """What is never trained on.

    Attributes:
        rgb: (M, 3, H, W), the photos that are scored.
        surrounded: (M, 1, H + 2m, W + 2m), what a network sees of them: gray, with a margin m.
        gallery: (n, 3, h, h), the photos that are shown.
        gallery_gray: (n, 1, h, h), what a network sees of those.
    """

    rgb: Tensor
    surrounded: Tensor
    gallery: Tensor
    gallery_gray: Tensor

    @classmethod
    def of(cls, patches: Patches, device: torch.device) -> HeldoutPhotos:
        """The held-out photos on a device."""
        shown = as_batch(patches.gallery, device)
        scored = as_batch(patches.surrounded, device, patches.surroundings)
        return cls(scored.rgb, scored.gray, shown.rgb, shown.gray)

    @property
    def gray(self) -> Tensor:
        """(M, 1, H, W), the held-out photos without color and without surroundings."""
        return inner(self.surrounded, self.rgb.shape[-1])

    def colored(self, color: Color) -> Tensor:
        """The prediction of the held-out photos, (M, 3, H, W), made with their surroundings."""
        return inner(color(self.surrounded), self.rgb.shape[-1])

    def views(self, color: Color) -> Views:
        """The photos that are shown, in gray, colored and as they are."""
        gray = self.gallery_gray.expand_as(self.gallery)
        return as_squares(gray), as_squares(color(self.gallery_gray)), as_squares(self.gallery)

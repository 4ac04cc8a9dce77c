"""Networks and losses as users have them."""

import torch
from torch import nn
from torch.nn import functional

NOT_A_CLASS = 3


class Plain(nn.Module):
    """Gray in, RGB out, by a sigmoid."""

    def __init__(self, width=4, *, gate=True):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.head = nn.Conv2d(width, 3, 1)
        self.gate = gate

    def forward(self, gray):
        out = self.head(self.body(gray))
        return out.sigmoid() if self.gate else out


class Looking(Plain):
    """The same, but it looks at its numbers to decide what to do."""

    def forward(self, gray):
        out = super().forward(gray)
        return out if out.mean() > 2 else 1 - out


class Waves(Plain):
    """The same, of waves that are drawn once and no parameter."""

    def __init__(self):
        super().__init__()
        self.pitch = 3 * torch.rand(4) + 1

    def forward(self, gray):
        waves = torch.sin(self.body(gray) * self.pitch.to(gray.device)[:, None, None])
        return self.head(waves).sigmoid()


class Tied(Plain):
    """The same, with one layer in two places."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(4, 4, 3, padding=1)
        self.second = self.first

    def forward(self, gray):
        return self.head(self.second(self.first(self.body(gray)).relu())).sigmoid()


class Full(Plain):
    """It has memory for a few steps, and no more."""

    left = 4

    def forward(self, gray):
        if not self.left:
            raise torch.OutOfMemoryError("out of memory")
        self.left -= 1
        return super().forward(gray)


class Normed(nn.Module):
    """Three channels in, ab in [-1, 1] out, with batch statistics and a table of whole numbers."""

    def __init__(self, width=6):
        super().__init__()
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.leave = nn.Conv2d(width, 2, 1)
        self.register_buffer("order", torch.arange(width).flip(0))

    def forward(self, photo):
        hidden = functional.relu(self.norm(self.enter(photo)))[:, self.order]
        return torch.tanh(self.leave(hidden))


class Dropping(Normed):
    """The same, but it forgets half of what it sees while it learns."""

    def forward(self, photo):
        hidden = functional.dropout(self.norm(self.enter(photo)), 0.5, self.training)
        return torch.tanh(self.leave(hidden))


class LabUnits(Normed):
    """The same, in Lab units."""

    def forward(self, photo):
        return 110 * super().forward(photo) + 5


class Clip(nn.Module):
    """A network for video: (B, 1, T, H, W) in, RGB in [-1, 1] out."""

    def __init__(self, channels=1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv3d(channels, 4, 3, padding=1), nn.BatchNorm3d(4), nn.Conv3d(4, 3, 1), nn.Tanh()
        )

    def forward(self, clip):
        return self.layers(clip)


class FourChannels(nn.Conv2d):
    def __init__(self):
        super().__init__(4, 3, 1)


class OneChannel(nn.Conv2d):
    def __init__(self):
        super().__init__(1, 1, 1)


class Tuple(Plain):
    def forward(self, gray):
        return super().forward(gray), gray


class Bytes(Plain):
    def forward(self, gray):
        return super().forward(gray) * 255


class Frozen(Plain):
    def __init__(self):
        super().__init__()
        self.requires_grad_(requires_grad=False)


class Detached(Plain):
    def forward(self, gray):
        return super().forward(gray).detach()


class Elsewhere(Plain):
    """Draws its weights from a generator without a seed."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator()
        generator.seed()
        nn.init.normal_(self.head.weight, generator=generator)


class Uncopied(Plain):
    def __deepcopy__(self, memo):
        raise RuntimeError("cannot copy me")


class Broken(Plain):
    def __init__(self):
        super().__init__()
        raise ValueError("no such layer")


class OnlyWhenTraining(Plain):
    def forward(self, gray):
        return super().forward(gray) if self.training else {"rgb": gray}


class NotANetwork:
    pass


class Parts:
    """Pixels and restraint, told apart."""

    def __init__(self, pixel, restraint=0.0):
        self.pixel, self.restraint = pixel, restraint

    def __call__(self, prediction, target):
        pixel = (prediction - target).abs().mean()
        restraint = prediction.std(dim=1).mean()
        total = self.pixel * pixel + self.restraint * restraint
        return {"total": total, "pixel": pixel, "re!straint?": restraint.item()}


class Single(nn.Module):
    """One number; it forgets a third of the pixels."""

    def __init__(self, pixel):
        super().__init__()
        self.pixel = pixel
        self.register_buffer("scale", torch.ones(1))

    def forward(self, prediction, target):
        error = functional.dropout((prediction - target).square(), 0.3)
        return self.pixel * self.scale * error.mean()


class Anything:
    def __init__(self, **weights):
        self.weights = weights

    def __call__(self, prediction, target):
        return sum(self.weights.values()) * (prediction - target).abs().mean()


class TooMuch(Anything):
    """It has memory for one step, and no more."""

    left = 1

    def __call__(self, prediction, target):
        if not self.left:
            raise torch.OutOfMemoryError("out of memory")
        self.left -= 1
        return super().__call__(prediction, target)


class PerPixel(Anything):
    def __call__(self, prediction, target):
        return (prediction - target).abs()


class Number(Anything):
    def __call__(self, prediction, target):
        return super().__call__(prediction, target).item()


class WithoutTotal(Anything):
    def __call__(self, prediction, target):
        return {"pixel": super().__call__(prediction, target)}


class OddPart(Anything):
    def __call__(self, prediction, target):
        return {"total": super().__call__(prediction, target), "image": prediction}


class Constant(Anything):
    def __call__(self, prediction, target):
        return (prediction - target).detach().mean()


class Exploded(Anything):
    def __call__(self, prediction, target):
        return super().__call__(prediction, target) / 0


class Crashing(Anything):
    def __call__(self, prediction, target):
        raise KeyError("vgg")


class Uncallable:
    def __init__(self, pixel):
        self.pixel = pixel

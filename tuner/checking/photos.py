"""Checks the photos: their number, colorfulness, duplicates, and leaks into the held-out ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tuner.checking.result import CheckResult
from tuner.color.metrics import colorfulness, mean_chroma
from tuner.color.spaces import rgb_to_lab
from tuner.data.decoding import decode
from tuner.data.discovery import find_pictures
from tuner.data.duplicates import alike_pairs, has_alike, thumbnails
from tuner.data.left_out import are_many
from tuner.data.photo_cache import Patches, prepare_patches
from tuner.data.split import MANY
from tuner.data.survey import count_reasons, survey
from tuner.data.vault import set_aside
from tuner.spec.study import DataSpec
from tuner.wording import some

SUBJECT = "photos"
LOOKED_AT = 400
"""The most photos whose colors are measured; of a larger set an even selection is taken."""

SIDE = 64
FEW_HELD_OUT = 32
"""Below this number of held-out squares a score, or a diagnosis, depends on chance."""

SLIGHT, OFTEN = 15.0, 0.1
"""Colorfulness of a pale photo (`slight` in Hasler and Suesstrunk), and the share of such photos
from which on predictions become paler."""

LEAKS_OFTEN = 0.2
NAMED = 3

Note = Callable[[str], None]


def check_photos(data: DataSpec, patches: Patches, note: Note) -> Iterator[CheckResult]:
    """Runs all checks of the photos."""
    yield _numbers(patches)
    yield from check_vault(patches.vault_how, bool(patches.vault_names))
    yield from _left_out(patches)
    names, rgb = _look_again(data, patches, note)
    yield _colors(rgb)
    yield _alike(names, thumbnails(rgb), patches)
    if patches.mode == "photos":
        yield _leaks(patches)


def _numbers(patches: Patches) -> CheckResult:
    held = len(patches.holdout)
    if held < FEW_HELD_OUT:
        advice = f"add photos: {FEW_HELD_OUT} held-out squares or more make a score reliable"
        return CheckResult(SUBJECT, "amber", patches.summary, advice)
    if patches.usable < MANY:
        advice = f"enough to try; from {MANY} photos on whole ones are held out, not parts of each"
        return CheckResult(SUBJECT, "amber", patches.summary, advice)
    return CheckResult(SUBJECT, "green", patches.summary)


def vault_of(data: DataSpec, cache: Path, *, scripted: bool) -> str:
    """How many photos the claim is decided on, as a sentence.

    Args:
        scripted: Whether a script of one's own trains, which has its own photos to train on where
            the holdout is a folder.

    Raises:
        PhotosError: The photos cannot be used.
    """
    if scripted and isinstance(data.holdout, str):
        found = survey(data.holdout, asked="data.holdout", least_side=data.image_size)
        how = set_aside(found.photos, data.vault).how
    else:
        how = prepare_patches(data, cache).vault_how
    return f"{how[0].upper()}{how[1:]}."


def check_vault(how: str, there: bool) -> Iterator[CheckResult]:
    """How many photos the claim is decided on; nothing where no vault was asked for.

    Args:
        how: The vault in words.
        there: Whether it is there, as it may be too small.
    """
    if not how:
        return
    if there:
        yield CheckResult("vault", "green", f"{how}: they are first scored by the claim")
    else:
        advice = "add photos or raise data.vault; the claim says how far it carries without one"
        yield CheckResult("vault", "amber", how, advice)


def _left_out(patches: Patches) -> Iterator[CheckResult]:
    if not patches.left_out:
        return
    reasons = count_reasons(Counter(one.reason for one in patches.left_out))
    named = some([f"'{one.name}' ({one.reason})" for one in patches.left_out], NAMED)
    sentence = f"left out: {reasons}: {named}"
    if are_many(patches.left_out, patches.usable):
        yield CheckResult(SUBJECT, "amber", sentence, "look at them: they are not used at all")
    else:
        yield CheckResult(SUBJECT, "green", sentence)


def _look_again(data: DataSpec, patches: Patches, note: Note) -> tuple[list[str], Tensor]:
    """Names and small pictures (N, 3, 64, 64), in [0, 1], of a selection of the used photos."""
    chosen = _spread(_used(data, patches))
    pictures = []
    for number, path in enumerate(chosen.values(), start=1):
        note(f"looking at photo {number} of {len(chosen)}")
        picture = decode(path, short_side=SIDE).resize((SIDE, SIDE), Image.Resampling.BOX)
        pictures.append(torch.from_numpy(np.array(picture)))
    return [*chosen], torch.stack(pictures).permute(0, 3, 1, 2).float() / 255


def _used(data: DataSpec, patches: Patches) -> dict[str, Path]:
    """The used photos by name, of both folders where there are two."""
    found = find_pictures(data.photos)
    if isinstance(data.holdout, str):
        scored = find_pictures(data.holdout, asked="data.holdout")
        found |= {f"{data.holdout}/{name}": path for name, path in scored.items()}
    left_out = {one.name for one in patches.left_out}
    return {
        name: path
        for name, path in found.items()
        if not left_out & {name, name.removeprefix(f"{data.holdout}/")}
    }


def _spread(found: Mapping[str, Path]) -> dict[str, Path]:
    every = -(-len(found) // LOOKED_AT)
    return dict(list(found.items())[::every])


def _colors(rgb: Tensor) -> CheckResult:
    lab, colorful = rgb_to_lab(rgb), colorfulness(rgb)
    a, b = lab[:, 1:].mean((0, 2, 3)).tolist()
    slight = (colorful < SLIGHT).float().mean().item()
    sentence = (
        f"mean colorfulness {colorful.mean():.0f}, mean chroma {mean_chroma(lab).mean():.0f}, mean "
        f"color a {a:+.0f}, b {b:+.0f} (an unsure network predicts that); {slight:.0%} are "
        f"nearly gray (colorfulness below {SLIGHT:g})"
    )
    if slight >= OFTEN:
        advice = "take nearly gray photos out: they teach the network to be gray"
        return CheckResult("colors", "amber", sentence, advice)
    return CheckResult("colors", "green", sentence)


def _alike(names: list[str], seen: Tensor, patches: Patches) -> CheckResult:
    pairs = alike_pairs(seen)
    if not pairs:
        return CheckResult("duplicates", "green", f"no two of {len(names)} photos look alike")
    named = some([f"'{names[one]}' and '{names[two]}'" for one, two in pairs], NAMED)
    advice = "keep one of each"
    if patches.mode == "tiles":
        advice += ": parts of every photo are held out, so one shows what the other is scored on"
    count = f"{len(pairs)} pair{'s' if len(pairs) > 1 else ''} of {len(names)} photos"
    return CheckResult("duplicates", "amber", f"{count} look alike: {named}", advice)


def _leaks(patches: Patches) -> CheckResult:
    """Held-out photos with a near duplicate among the training photos (no exact copies)."""
    side = patches.holdout.shape[1]
    inner = slice((patches.train.shape[1] - side) // 2, None)
    held = _of_squares(patches.holdout, side)
    train = _of_squares(patches.train[:, inner, inner], side)
    found = torch.nonzero(has_alike(held, train)).flatten().tolist()
    total = len(held)
    if not found:
        sentence = f"none of {total} held-out photos looks like one that is trained on"
        return CheckResult("leaks", "green", sentence)
    named = some([f"'{patches.holdout_names[index]}'" for index in found], NAMED)
    sentence = f"{len(found)} of {total} held-out photos look like one trained on: {named}"
    often = len(found) / total >= LEAKS_OFTEN
    advice = "remove the copies, or hold out a folder of other scenes (data.holdout: FOLDER)"
    return CheckResult("leaks", "red" if often else "amber", sentence, advice)


def _of_squares(squares: np.ndarray, side: int) -> Tensor:
    """Thumbnails of the upper left corner of squares (N, H, W, 3), computed in small batches."""
    parts = (squares[at : at + 256, :side, :side] for at in range(0, len(squares), 256))
    return torch.cat(
        [thumbnails(torch.from_numpy(np.array(part)).permute(0, 3, 1, 2)) for part in parts]
    )

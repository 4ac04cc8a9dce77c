"""The squares of a study, cut once and kept on disk: all that it uses of its photos.

They lie in a folder of the cache that is named after a digest of everything that decides them. They
are mapped into memory, not read, and made again where they are damaged.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from tuner.data.cutting import Pixels, cut, inner, names_of
from tuner.data.discovery import find_pictures
from tuner.data.gallery import cut_gallery
from tuner.data.split import Mode, Split, split, split_folders, square_side
from tuner.data.survey import LeftOut, Progress, count_reasons, require_photos, survey
from tuner.data.vault import SetAside, set_aside, vault_squares
from tuner.errors import StorageError
from tuner.spec.study import DataSpec

VERSION = 2  # of the way squares are cut; a new number makes old caches invalid


@dataclass(frozen=True, eq=False)
class Patches:
    """All squares of a study; sRGB, read-only.

    Attributes:
        train: uint8, (N, S, S, 3), S = `square_side(image_size)` and the surroundings on each
            side; crops are taken from these.
        holdout: uint8, (M, s, s, 3), s = image_size; the first ones are of different photos.
        surrounded: The same with their surroundings, (M, S, S, 3).
        gallery: The photos that are shown, uint8, (n, h, h, 3).
        holdout_names: Such as `coffee tile 2,3` (row, column, from 1), or the photo's name.
        vault: uint8, (V, S, S, 3), neither trained on nor scored before the claim, with their
            surroundings; V may be 0.
        vault_names: As `holdout_names`.
        vault_how: What the user should know about the vault; empty where none was asked for.
        surroundings: Pixels on each side of a square that a network sees, but that do not count.
        digest: SHA-256 of the pixels that are trained on and scored; equal digests are equal data.
        usable: Number of photos that are used, without those of a holdout folder.
        how: How they were split, in words.
    """

    train: Pixels
    holdout: Pixels
    surrounded: Pixels
    vault: Pixels
    gallery: Pixels
    holdout_names: tuple[str, ...]
    surroundings: int
    digest: str
    mode: Mode
    usable: int
    left_out: tuple[LeftOut, ...]
    how: str
    vault_names: tuple[str, ...] = ()
    vault_how: str = ""

    @property
    def summary(self) -> str:
        """One plain sentence: what there is, how it was split, what was left out."""
        text = (
            f"{self.usable} photos, {len(self.train)} training squares, {len(self.holdout)} "
            f"held-out squares of {self.holdout.shape[1]} px ({self.how})"
        )
        text = f"{text}; {self.vault_how}" if self.vault_how else text
        reasons = Counter(one.reason for one in self.left_out)
        return f"{text}; {reasons.total()} left out: {count_reasons(reasons)}" if reasons else text


def prepare_patches(data: DataSpec, cache: Path, progress: Progress | None = None) -> Patches:
    """Cuts the photos of a study into squares, or finds the squares in the cache.

    Args:
        data: What the study asks for.
        cache: A folder, made if needed; squares lie in a folder of their own inside it.
        progress: Is told how many pictures are read, and how many there are; it hears nothing
            when the cache has the squares already.

    Raises:
        PhotosError: The photos cannot be used.
        StorageError: The cache cannot be written.
    """
    folder = cache / _key(data)
    found = _read(folder)
    if found is not None:
        return found
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{folder.name}.lock"):
            return _read(folder) or _build(data, folder, progress or (lambda *_: None))
    except OSError as problem:
        raise StorageError(
            f"photos cannot be kept in '{cache}' ({problem.strerror or problem}); "
            "make room, or name another folder"
        ) from problem


def _build(data: DataSpec, folder: Path, progress: Progress) -> Patches:
    """Fills the cache in a folder beside it, which takes its name only once it is complete."""
    pictures = len(_pictures(data))

    def told(readings: int) -> None:
        if readings % 2 == 0:  # each picture is read twice: to be judged, and to be cut
            progress(readings // 2, pictures)

    made, vault_how, usable, left_out = _survey(data, told)
    for unfinished in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(unfinished)  # left by a process that was killed
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with (making / "train.npy").open("wb") as file:
            others = cut(
                made,
                data.image_size,
                file,
                lambda left: told(2 * pictures - left),
                data.surroundings,
            )
        held, names = len(made.held), names_of(made)
        surrounded, vault = others[:held], others[held:]
        holdout = inner(surrounded, data.image_size)
        gallery = cut_gallery(made, data.image_size, holdout, names[:held])
        for name, pixels in (("surrounded", surrounded), ("vault", vault), ("gallery", gallery)):
            np.save(making / f"{name}.npy", pixels)
        note = {
            "holdout_names": names[:held],
            "vault_names": names[held:],
            "vault_how": vault_how,
            "digest": _digest(_pixels(making / "train.npy"), holdout, vault),
            "shown": _digest(surrounded, gallery),
            "surroundings": data.surroundings,
            "mode": made.mode,
            "usable": usable,
            "left_out": [astuple(one) for one in left_out],
            "how": made.how,
        }
        note["note"] = _note_digest(note)
        (making / "patches.json").write_text(json.dumps(note, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    patches = _read(folder)
    assert patches is not None, f"{folder} was written a moment ago"
    return patches


def _survey(
    data: DataSpec, progress: Callable[[int], None]
) -> tuple[Split, str, int, tuple[LeftOut, ...]]:
    """The split, the vault in words, the number of photos used, and pictures that are left out."""
    side = square_side(data.image_size)
    mine = survey(data.photos, lambda done, _: progress(done), least_side=side)
    if not isinstance(data.holdout, str):
        aside = set_aside(mine.photos, data.vault)
        made = split(aside.rest, data.holdout, data.image_size, data.cells)
        return _with_vault(made, aside, data), aside.how, len(mine.photos), mine.left_out
    before = len(mine.photos) + len(mine.left_out)
    scored = survey(
        data.holdout,
        lambda done, _: progress(before + done),
        asked="data.holdout",
        least_side=side,
    )
    taken = {photo.digest: photo.name for photo in scored.photos}
    photos = [photo for photo in mine.photos if photo.digest not in taken]
    left_out = (
        *mine.left_out,
        *(
            LeftOut(photo.name, "held out", f"equals {taken[photo.digest]} in data.holdout")
            for photo in mine.photos
            if photo.digest in taken
        ),
    )
    require_photos(len(photos), left_out, data.photos, "data.photos")
    aside = set_aside(scored.photos, data.vault, photos)
    made = split_folders(photos, aside.rest, data.image_size, data.cells)
    made = _with_vault(made, aside, data)
    return made, aside.how, len(photos), (*left_out, *scored.left_out)


def _with_vault(made: Split, aside: SetAside, data: DataSpec) -> Split:
    squares = vault_squares(aside.vault, made.mode, data.image_size, data.cells)
    return replace(made, vault=squares)


def _key(data: DataSpec) -> str:
    """The cache key; it changes with the settings, the version, and any picture's file."""
    files = [
        [name, *([] if not path.exists() else [path.stat().st_size, path.stat().st_mtime_ns])]
        for name, path in _pictures(data)
    ]
    cut_as = [data.image_size, data.cells, data.surroundings, data.holdout, data.vault]
    text = json.dumps([VERSION, *cut_as, files])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _pictures(data: DataSpec) -> list[tuple[str, Path]]:
    pictures = [*find_pictures(data.photos).items()]
    if isinstance(data.holdout, str):
        pictures += find_pictures(data.holdout, asked="data.holdout").items()
    return pictures


def _read(folder: Path) -> Patches | None:
    """The squares in a folder of the cache; None where it is absent or damaged."""
    try:
        note = json.loads((folder / "patches.json").read_text(encoding="utf-8"))
        if note.pop("note") != _note_digest(note):
            return None
        note["holdout_names"] = tuple(note["holdout_names"])
        note["vault_names"] = tuple(note.get("vault_names", ()))
        note["left_out"] = tuple(LeftOut(*one) for one in note["left_out"])
        train, surrounded, vault, gallery = (
            _pixels(folder / f"{name}.npy") for name in ("train", "surrounded", "vault", "gallery")
        )
        shown, side = note.pop("shown"), surrounded.shape[1] - 2 * note["surroundings"]
        patches = Patches(train, inner(surrounded, side), surrounded, vault, gallery, **note)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    whole = _digest(train, patches.holdout, vault) == patches.digest
    return patches if whole and _digest(surrounded, gallery) == shown else None


def _pixels(file: Path) -> Pixels:
    return np.lib.format.open_memmap(file, mode="r")


def _note_digest(note: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()


def _digest(*arrays: Pixels) -> str:
    content = hashlib.sha256()
    for array in filter(len, arrays):  # studies without a vault keep their digest
        content.update(str(array.shape).encode())
        content.update(np.ascontiguousarray(array).reshape(-1).data)
    return content.hexdigest()

"""The held-out photos: files for a script to predict, and pixels to score its predictions with.

The files lie in the study's folder: `photos/holdout` in color, `photos/gray` in gray, and
`photos/train` with the rest of the same photos to train on. A holdout folder keeps the names of its
files; its photos are squares cut out of the middle.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from filelock import FileLock
from PIL import Image

from tuner.data.batches import as_batch, as_squares
from tuner.data.cutting import Pixels, photos_of
from tuner.data.decoding import decode
from tuner.data.discovery import composed
from tuner.data.photo_cache import prepare_patches
from tuner.data.split import MOST_HELD
from tuner.data.survey import LeftOut, Photo, Progress, survey
from tuner.data.vault import set_aside
from tuner.errors import PhotosError, StorageError
from tuner.results import Trial
from tuner.spec.study import DataSpec

UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, eq=False)
class Heldout:
    """The photos that predictions are matched to.

    Attributes:
        names: Of the held-out photos, without suffix.
        photos: For each of them the photo that it was cut out of, counted from 0.
        squares: uint8, (M, s, s, 3), in the order of `names`.
        originals: Width and height of the user's own files by name, where these were cut.
        usable: Number of photos that are used or could be, in the same folder.
        others: Names of photos in the same folder that are not scored.
        folders: Where the photos lie, by the name of the field.
        digest: SHA-256 of all pixels, those of the vault included.
        vault_how: The vault in words; empty where none was asked for.
        claim: What trials of the claim predict: these photos, then those of the vault; None without
            a vault. Other trials do not see its files.
    """

    names: tuple[str, ...]
    photos: tuple[int, ...]
    squares: Pixels
    originals: Mapping[str, tuple[int, int]]
    others: frozenset[str]
    folders: Mapping[str, Path]
    digest: str
    summary: str
    left_out: tuple[LeftOut, ...]
    usable: int
    vault_how: str = ""
    claim: Heldout | None = None

    def of(self, trial: Trial) -> Heldout:
        """The photos that a trial predicts."""
        return self.claim if self.claim and trial.role == "confirmation" else self


def prepare_heldout(
    data: DataSpec, folder: Path, cache: Path, progress: Progress | None = None
) -> Heldout:
    """Chooses the held-out photos and writes them as files, once.

    Args:
        folder: For the files, made if needed.
        cache: Folder for decoded photos.
        progress: Is told how many photos of how many are read.

    Raises:
        PhotosError: The photos cannot be used.
        StorageError: The files cannot be written.
    """
    if isinstance(data.holdout, str):
        return _of_a_folder(data, folder, progress)
    return _of_a_share(data, folder, cache, progress)


def square_of(image: Image.Image, side: int) -> Pixels:
    """The square in the middle of a picture, as large as it can be, `side` pixels a side."""
    scale = side / min(image.size)
    width, height = (max(side, round(length * scale)) for length in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized.crop((left, top, left + side, top + side)))


def _of_a_share(data: DataSpec, folder: Path, cache: Path, progress: Progress | None) -> Heldout:
    patches = prepare_patches(data, cache, progress)
    everything = (*patches.holdout_names, *patches.vault_names)
    names = tuple(_distinct([UNSAFE.sub("-", name) for name in everything]))
    squares, held = np.concatenate([patches.holdout, patches.vault]), len(patches.holdout)
    train = [(f"{number:05d}", square) for number, square in enumerate(patches.train)]
    pictures = {**_views(names[:held], squares[:held]), "train": train}
    made = Heldout(
        names=names[:held],
        photos=photos_of(patches.holdout_names),
        squares=squares[:held],
        originals={},
        others=frozenset(),
        folders=_write(pictures, folder, patches.digest),
        digest=patches.digest,
        summary=patches.summary,
        left_out=patches.left_out,
        usable=patches.usable,
        vault_how=patches.vault_how,
    )
    return _with_claim(made, folder, names, squares, photos_of(patches.vault_names))


def _with_claim(
    made: Heldout, folder: Path, names: tuple[str, ...], squares: Pixels, vault: tuple[int, ...]
) -> Heldout:
    """Writes what trials of the claim predict into a folder of their own, where there is a vault.

    Args:
        names: Of the held-out photos, then of the vault.
        squares: Of both, in this order.
        vault: For each square of the vault the photo that it was cut out of, counted from 0.
    """
    if not vault:
        return made
    written = _write(_views(names, squares), folder / "claim", made.digest)
    photos = (*made.photos, *vault)
    folders = {**made.folders, **written}
    claim = replace(made, names=names, photos=photos, squares=squares, folders=folders)
    return replace(made, claim=claim)


def _of_a_folder(data: DataSpec, folder: Path, progress: Progress | None) -> Heldout:
    assert isinstance(data.holdout, str), "a folder"
    found = survey(data.holdout, progress, asked="data.holdout", least_side=data.image_size)
    _refuse_equal_names(found.photos)
    aside = set_aside(found.photos, data.vault)
    held, vault = (_first_by_content(photos) for photos in (aside.rest, aside.vault))
    chosen = (*held, *vault)
    names = tuple(_stem(photo.name) for photo in chosen)
    squares = np.stack([square_of(decode(photo.path), data.image_size) for photo in chosen])
    digest = hashlib.sha256(squares.tobytes()).hexdigest()
    everything = {_stem(photo.name) for photo in found.photos}
    everything |= {_stem(one.name) for one in found.left_out}
    before_vault = slice(len(held))
    summary = f"{len(held)} held-out photos of {data.image_size} px (a folder of its own)"
    made = Heldout(
        names=names[before_vault],
        photos=tuple(range(len(held))),
        squares=squares[before_vault],
        originals={_stem(one.name): (one.width, one.height) for one in chosen},
        others=frozenset(everything - {*names[before_vault]}),
        folders=_write(_views(names[before_vault], squares[before_vault]), folder, digest),
        digest=digest,
        summary=f"{summary}; {aside.how}" if aside.how else summary,
        left_out=found.left_out,
        usable=len(found.photos),
        vault_how=aside.how,
    )
    return _with_claim(made, folder, names, squares, tuple(range(len(vault))))


def _first_by_content(photos: Iterable[Photo]) -> list[Photo]:
    """As many as are scored, in the order of names; which ones does not depend on these."""
    by_content = sorted(photos, key=lambda one: one.digest)
    return sorted(by_content[:MOST_HELD], key=lambda one: one.name)


Pictures = Mapping[str, Sequence[tuple[str, Pixels]]]
"""Pictures with their names, by folder."""


def _views(names: Sequence[str], squares: Pixels) -> dict[str, list[tuple[str, Pixels]]]:
    gray = as_squares(as_batch(squares, torch.device("cpu")).gray.expand(-1, 3, -1, -1))[..., 0]
    return {
        "holdout": list(zip(names, squares, strict=True)),
        "gray": list(zip(names, gray, strict=True)),
    }


def _write(pictures: Pictures, folder: Path, digest: str) -> dict[str, Path]:
    """Writes PNG files unless these pictures are there already."""
    folders = {name: (folder / name).absolute() for name in pictures}
    note = folder / "digest.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):  # workers of a machine share the folder
            if note.exists() and note.read_text(encoding="utf-8") == digest:
                return folders
            for name, home in folders.items():
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir(parents=True)
                for stem, pixels in pictures[name]:
                    Image.fromarray(np.ascontiguousarray(pixels)).save(home / f"{stem}.png")
            note.write_text(
                digest, encoding="utf-8"
            )  # last, so that it stands only in complete folders
    except OSError as error:
        raise StorageError(
            f"{folder}: the held-out photos cannot be written ({error.strerror})"
        ) from error
    return folders


def _stem(name: str) -> str:
    return composed(PurePosixPath(name).stem)


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, numbered where one is repeated."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return distinct


def _refuse_equal_names(photos: Sequence[Photo]) -> None:
    often = Counter(_stem(photo.name) for photo in photos)
    twice = [name for name, count in often.items() if count > 1]
    if twice:
        raise PhotosError(
            f"data.holdout: several photos are called '{twice[0]}', but predictions are matched "
            "by name; give each a name of its own"
        )

"""Squares of photographs: some are trained on, some are held out for scoring; cached on disk.

A training square has a margin, from which crops of `image_size` are taken; a held-out square
is the middle of such a square. Few photos are cut into a grid of cells, of which some are
held out (`tiles`); of many photos, whole ones are held out (`photos`). The pixels of a photo
alone decide what of it is held out, so within a mode adding photos moves nothing to the other
side, and renaming them changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from tuner.errors import PhotosError, StorageError
from tuner.study import DataSpec
from tuner.training.photos import (
    LEAST_PHOTOS,
    LeftOut,
    Photo,
    Progress,
    count_reasons,
    decode,
    find_pictures,
    require_photos,
    survey,
)

VERSION = 1  # of the way squares are cut; another number makes old caches unread
MANY = 40  # from so many photos on, whole ones are held out
ACROSS = 5  # cells along the short side: a cell of 32 px then shows a thing, not a texture
ALONG = 10  # and along the long side at most, so that no panorama outvotes the other photos
LEAST_HELD = 8
MOST_HELD = 96  # scoring more costs more than it tells

Mode = Literal["photos", "tiles"]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Square:
    """A square region of a photo that was resized to `width` x `height`."""

    photo: Photo
    width: int
    height: int
    left: int
    top: int
    row: int
    column: int


@dataclass(frozen=True)
class Split:
    """Which squares are trained on, and which are held out; `how` says it in words."""

    mode: Mode
    train: tuple[Square, ...]
    held: tuple[Square, ...]
    how: str


@dataclass(frozen=True, eq=False)
class Patches:
    """Everything a study sees of its photos; sRGB, read-only.

    Attributes:
        train: uint8, (N, S, S, 3), S = `square_side(image_size)`; crops are taken from these.
        holdout: uint8, (M, s, s, 3), s = image_size; the first ones are of different photos.
        holdout_names: Such as `coffee tile 2,3` (row, column, from 1), or the photo's name.
        digest: SHA-256 of all pixels; equal digests are equal data.
        usable: Photos that are used, those of a holdout folder not counted.
        how: How they were split, in words.
    """

    train: Pixels
    holdout: Pixels
    holdout_names: tuple[str, ...]
    digest: str
    mode: Mode
    usable: int
    left_out: tuple[LeftOut, ...]
    how: str

    @property
    def summary(self) -> str:
        """One plain sentence: what there is, how it was split, what was left out."""
        text = (
            f"{self.usable} photos, {len(self.train)} training squares, {len(self.holdout)} "
            f"held-out squares of {self.holdout.shape[1]} px ({self.how})"
        )
        reasons = Counter(one.reason for one in self.left_out)
        return f"{text}; {reasons.total()} left out: {count_reasons(reasons)}" if reasons else text


def square_side(image_size: int) -> int:
    """Side of a training square: a quarter more than `image_size`.

    That shifts a crop by up to a quarter of its side, and leaves at least 4 px between a
    held-out square and the next training square: as far as the cubic filter of the resizing
    reaches from both, so that they share no pixel of the photo. More would cost cells.
    """
    return image_size + image_size // 4


def prepare_patches(data: DataSpec, cache: Path, progress: Progress | None = None) -> Patches:
    """Cuts the photos of a study into squares, or finds them in the cache, where they stay.

    Args:
        data: What the study asks for.
        cache: A folder, made if needed; squares lie in a folder of their own inside it.
        progress: Is told how many readings of pictures are done, and how many there are (each
            is read twice); it hears nothing when the cache has the squares already.

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


def cells(photo: Photo, side: int, *, whole: bool = False) -> list[Square]:
    """The cells of a photo, row by row: a centered grid of squares of `side` pixels.

    The photo is reduced until `ACROSS` cells cover its short side (a `whole` one until one
    does, and only that one is cut); it is never enlarged.
    """
    across, along = (1, 1) if whole else (ACROSS, ALONG)
    scale = min(1.0, across * side / min(photo.width, photo.height))
    width, height = round(photo.width * scale), round(photo.height * scale)
    columns, rows = min(width // side, along), min(height // side, along)
    left, top = (width - columns * side) // 2, (height - rows * side) // 2
    return [
        Square(photo, width, height, left + column * side, top + row * side, row + 1, column + 1)
        for row in range(rows)
        for column in range(columns)
    ]


def split(photos: Sequence[Photo], share: float, image_size: int) -> Split:
    """Holds out a share: whole photos of many, cells of few, the other way where that fails.

    Raises:
        PhotosError: Neither way gives `LEAST_HELD` squares to score.
    """
    side = square_side(image_size)
    photos = sorted(photos, key=_fraction)
    ways = [_split_photos(photos, share, side), _split_tiles(photos, share, side)]
    for way in ways if len(photos) >= MANY else reversed(ways):
        if len(way.held) >= LEAST_HELD and len({one.photo for one in way.train}) >= LEAST_PHOTOS:
            return way
    most = max(len(way.held) for way in ways)
    raise _too_few_squares("data.photos", len(photos), most, image_size)


def split_folders(photos: Sequence[Photo], scored: Sequence[Photo], image_size: int) -> Split:
    """Trains on all of `photos` and scores `scored`, both cut in the same way.

    Raises:
        PhotosError: There are fewer than `LEAST_HELD` squares to score.
    """
    whole = len(photos) >= MANY and len(scored) >= LEAST_HELD
    side = square_side(image_size)
    train = [one for photo in photos for one in cells(photo, side, whole=whole)]
    grids = [_in_order(cells(photo, side, whole=whole)) for photo in sorted(scored, key=_fraction)]
    made = _capped("photos" if whole else "tiles", train, grids, "a folder of its own")
    if len(made.held) < LEAST_HELD:
        raise _too_few_squares("data.holdout", len(scored), len(made.held), image_size)
    return made


def _split_photos(photos: Sequence[Photo], share: float, side: int) -> Split:
    """Photos come in the order of their fractions, so the held-out ones come first."""
    whole = [cells(photo, side, whole=True) for photo in photos]
    held = [one for one in whole if _fraction(one[0].photo) < share]
    return _capped("photos", [one[0] for one in whole[len(held) :]], held, "whole photos")


def _split_tiles(photos: Sequence[Photo], share: float, side: int) -> Split:
    train: list[Square] = []
    held: list[list[Square]] = []
    for photo in photos:
        grid = _in_order(cells(photo, side))
        number = min(max(round(share * len(grid)), 1), len(grid) - 1)
        held.append(grid[:number])
        train.extend(grid[number:])
    return _capped("tiles", train, held, "interleaved tiles")


def _capped(mode: Mode, train: list[Square], held: list[list[Square]], how: str) -> Split:
    """Takes held-out squares from all photos in turn; what is beyond the cap stays unused."""
    turns = [one for turn in zip_longest(*held) for one in turn if one is not None]
    if len(turns) > MOST_HELD:
        how += f", {MOST_HELD} of {len(turns)} scored"
    return Split(mode, tuple(train), tuple(turns[:MOST_HELD]), how)


def _in_order(grid: list[Square]) -> list[Square]:
    """The cells in an order whose every beginning is spread evenly over the photo.

    A lattice with the steps of the R2 sequence (M. Roberts, "The unreasonable effectiveness of
    quasirandom sequences", 2018: 1/g and 1/g^2, g^3 = g + 1), shifted by the photo's digest.
    """

    def place(one: Square) -> float:
        return (_fraction(one.photo) + 0.7548777 * one.row + 0.5698403 * one.column) % 1

    return sorted(grid, key=place)


def _fraction(photo: Photo) -> float:
    """A number in [0, 1) that depends on the photo's pixels alone."""
    return int(photo.digest[:13], 16) / 16**13


def _too_few_squares(asked: str, photos: int, squares: int, image_size: int) -> PhotosError:
    return PhotosError(
        f"{asked}: {photos} photos give only {squares} held-out squares of {image_size} px, "
        f"a score needs {LEAST_HELD}; add photos, use larger ones, or lower data.image_size"
    )


def _build(data: DataSpec, folder: Path, progress: Progress) -> Patches:
    """Fills the cache in a folder beside it, which takes its name only once it is complete."""
    total = 2 * len(_pictures(data))
    made, usable, left_out = _survey(data, lambda done: progress(done, total))
    for unfinished in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(unfinished)  # of a process that was killed
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with (making / "train.npy").open("wb") as file:
            holdout = _cut(made, data.image_size, file, lambda left: progress(total - left, total))
        np.save(making / "holdout.npy", holdout)
        note = {
            "holdout_names": _names(made),
            "digest": _digest(_pixels(making / "train.npy"), holdout),
            "mode": made.mode,
            "usable": usable,
            "left_out": [astuple(one) for one in left_out],
            "how": made.how,
        }
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
) -> tuple[Split, int, tuple[LeftOut, ...]]:
    """The split, the number of photos used, and the pictures left out of either folder."""
    side = square_side(data.image_size)
    mine = survey(data.photos, lambda done, _: progress(done), least_side=side)
    if not isinstance(data.holdout, str):
        made = split(mine.photos, data.holdout, data.image_size)
        return made, len(mine.photos), mine.left_out
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
    made = split_folders(photos, scored.photos, data.image_size)
    return made, len(photos), (*left_out, *scored.left_out)


def _cut(made: Split, image_size: int, train: BinaryIO, progress: Callable[[int], None]) -> Pixels:
    """Writes the training squares as an .npy file and gives the held-out ones, (M, s, s, 3).

    Written as a stream, because a full disk kills a process that writes to a memory map.
    """
    side = square_side(image_size)
    inner = (side - image_size) // 2
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(made.train), side, side, 3)}
    np.lib.format.write_array_header_1_0(train, header)
    holdout = np.empty((len(made.held), image_size, image_size, 3), np.uint8)
    places = {square: number for number, square in enumerate(made.held)}
    squares = _by_photo((*made.train, *made.held))
    for done, (photo, mine) in enumerate(squares.items(), start=1):
        pixels = _resized(photo, mine[0].width, mine[0].height)
        for one in mine:
            cell = pixels[one.top : one.top + side, one.left : one.left + side]
            if one in places:
                holdout[places[one]] = cell[inner:, inner:][:image_size, :image_size]
            else:
                train.write(cell.tobytes())
        progress(len(squares) - done)
    return holdout


def _by_photo(squares: Iterable[Square]) -> dict[Photo, list[Square]]:
    groups: dict[Photo, list[Square]] = {}
    for one in sorted(squares, key=lambda one: one.photo.digest):
        groups.setdefault(one.photo, []).append(one)
    return groups


def _resized(photo: Photo, width: int, height: int) -> Pixels:
    try:
        picture = decode(photo.path, short_side=2 * min(width, height))
    except (OSError, SyntaxError) as problem:
        raise PhotosError(f"'{photo.path}' changed while it was read ({problem})") from problem
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def _names(made: Split) -> list[str]:
    """Names without suffix, unless two photos share one; with row and column for tiles."""
    stems = {
        one.photo.name: str(PurePosixPath(one.photo.name).with_suffix("")) for one in made.held
    }
    often = Counter(stems.values())
    names = {name: stem if often[stem] == 1 else name for name, stem in stems.items()}
    tile = " tile {0.row},{0.column}" if made.mode == "tiles" else ""
    return [names[one.photo.name] + tile.format(one) for one in made.held]


def _key(data: DataSpec) -> str:
    """Changes with the settings, with the way squares are cut, and with any picture's file."""
    files = [
        [name, *([] if not path.exists() else [path.stat().st_size, path.stat().st_mtime_ns])]
        for name, path in _pictures(data)
    ]
    text = json.dumps([VERSION, data.image_size, data.holdout, files])
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
        note["holdout_names"] = tuple(note["holdout_names"])
        note["left_out"] = tuple(LeftOut(*one) for one in note["left_out"])
        patches = Patches(_pixels(folder / "train.npy"), _pixels(folder / "holdout.npy"), **note)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return patches if _digest(patches.train, patches.holdout) == patches.digest else None


def _pixels(file: Path) -> Pixels:
    return np.lib.format.open_memmap(file, mode="r")


def _digest(*arrays: Pixels) -> str:
    content = hashlib.sha256()
    for array in arrays:
        content.update(str(array.shape).encode())
        content.update(array.reshape(-1).data)
    return content.hexdigest()

"""Finds the predictions of a script and matches them to the held-out photos by name."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from tuner.data.cutting import Pixels
from tuner.data.decoding import decode
from tuner.data.discovery import SUFFIXES, composed
from tuner.external.failure import TrialFailed
from tuner.external.heldout import Heldout, square_of
from tuner.spec.placeholders import fill
from tuner.wording import some


def find_predictions(pattern: str, cwd: Path, fields: Mapping[str, str]) -> list[tuple[str, Path]]:
    """The files that a pattern finds, each with the name of the photo that it predicts.

    The name is what the only `*` stands for in the last part of the pattern that has one, else
    the file's name without its suffix: `{out}/*_fake_B.png` finds `beach_fake_B.png`, a prediction
    of `beach`, and `{out}/*/40_result.png` finds `beach/40_result.png`.
    """
    # Filled-in values are literal: brackets in the name of a folder are no pattern.
    literal = fill(pattern, fields, glob.escape)
    found = glob.glob(literal, root_dir=cwd, recursive=True)  # noqa: PTH207 - absolute too
    name_of = _naming(pattern, fields)
    paths = sorted(cwd / each for each in found)
    return [(composed(name_of(path)), path) for path in paths if path.suffix.lower() in SUFFIXES]


Marks = Mapping[Path, tuple[int, ...]]
"""Marks that change when a file is written again, by its path."""


def marks_of(found: Iterable[tuple[str, Path]]) -> Marks:
    """How files look now; they are not read."""
    stats = {path: path.stat() for _, path in found}
    return {path: (it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns)
            for path, it in stats.items()}  # fmt: skip


def in_folder(folder: Path) -> list[tuple[str, Path]]:
    """All pictures of a folder and its subfolders, each with its name."""
    return [
        (composed(path.stem), path)
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]


def read_predictions(
    found: Sequence[tuple[str, Path]],
    heldout: Heldout,
    where: str,
    before: Marks = MappingProxyType({}),
    elsewhere: Callable[[], str] = str,
) -> Pixels:
    """The predictions as pixels, in the order of the held-out photos.

    Args:
        found: Files with the names of the photos that they predict.
        where: Where they were looked for, for the error sentence.
        before: How files looked before the trial; what looks the same is not the trial's.
        elsewhere: Says what lies elsewhere, once there is nothing.

    Returns:
        uint8, (M, s, s, 3).

    Raises:
        TrialFailed: A prediction is missing, superfluous, broken or of another size; names them.
    """
    if not found:
        raise TrialFailed(f"there are no predictions ({where} finds no picture{elsewhere()})")
    now = marks_of(found)
    old = [name for name, path in found if before.get(path) == now[path]]
    by_name: dict[str, list[Path]] = {}
    for name, path in found:
        by_name.setdefault(name, []).append(path)
    wanted = set(heldout.names)
    if not wanted & by_name.keys():
        raise TrialFailed(
            f"no prediction is called like a held-out photo: {where} finds {some(sorted(by_name))} "
            f"(expected {some(heldout.names, 3)})"
        )
    problems = [
        *_problems([name for name in heldout.names if name not in by_name], "missing"),
        *_problems(by_name.keys() - wanted - heldout.others, "of no held-out photo"),
        *_problems(
            [name for name in heldout.names if len(by_name.get(name, ())) > 1], "there twice"
        ),
        *_problems(old, "left from an earlier run"),
    ]
    squares: dict[str, Pixels] = {}
    if not problems:
        squares, problems = _decoded({name: by_name[name][0] for name in heldout.names}, heldout)
    if problems:
        raise TrialFailed(
            f"its predictions do not fit the {len(wanted)} held-out photos: {'; '.join(problems)}"
        )
    return np.stack([squares[name] for name in heldout.names])


def _decoded(files: Mapping[str, Path], heldout: Heldout) -> tuple[dict[str, Pixels], list[str]]:
    side = heldout.squares.shape[1]
    squares: dict[str, Pixels] = {}
    broken: list[str] = []
    sizes: list[str] = []
    for name, path in files.items():
        try:
            image = decode(path)
        except Exception:  # noqa: BLE001 - decoders of damaged files raise anything
            broken.append(name)
            continue
        square = _fitting(image, side, heldout.originals.get(name))
        if square is None:
            sizes.append(f"{name} ({image.width}x{image.height})")
        else:
            squares[name] = square
    return squares, [*_problems(broken, "unreadable"), *_problems(sizes, f"not {side}x{side}")]


def _fitting(image: Image.Image, side: int, original: tuple[int, int] | None) -> Pixels | None:
    """The pixels of a prediction; one of the size of the user's own file is cut in the same way."""
    if image.size == (side, side):
        return np.asarray(image)
    return square_of(image, side) if image.size == original else None


def _problems(names: Iterable[str], what: str) -> list[str]:
    listed = sorted(names)
    return [f"{len(listed)} {what}: {some(listed)}"] if listed else []


def _naming(pattern: str, fields: Mapping[str, str]) -> Callable[[Path], str]:
    """Strips from a name the text around the only `*` of the last part that has one."""
    *folders, last = pattern.replace("\\", "/").split("/")
    stem, dot, suffix = last.rpartition(".")
    parts = [*folders, stem if dot and "}" not in suffix else last]
    up = next((up for up, part in enumerate(reversed(parts)) if set("*?[") & set(part)), 0)
    asked = parts[-1 - up]

    def whole(path: Path) -> str:
        return path.parents[up - 1].name if up else path.stem

    if asked.count("*") != 1 or set("?[") & set(asked):
        return whole
    before, after = (fill(part, fields) for part in asked.split("*"))
    return lambda path: whole(path).removeprefix(before).removesuffix(after)

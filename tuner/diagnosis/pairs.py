"""Matches the predictions and photos of two folders by file stem."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tuner.data.discovery import composed, find_pictures
from tuner.errors import PhotosError

LEAST_PAIRS = 4
"""The fewest pairs of a diagnosis; results of fewer depend on the scenes, not on the network."""


@dataclass(frozen=True)
class Pair:
    """A prediction and its photo.

    Attributes:
        name: The stem that both files have.
    """

    name: str
    prediction: Path
    target: Path


@dataclass(frozen=True)
class Matching:
    """The matches of two folders, and the files without a match.

    Attributes:
        lonely_predictions: File names of predictions without a photo.
        lonely_targets: File names of photos without a prediction.
    """

    pairs: tuple[Pair, ...]
    lonely_predictions: tuple[str, ...]
    lonely_targets: tuple[str, ...]


def match(predictions: Path, targets: Path) -> Matching:
    """Matches the pictures of two folders, subfolders included.

    Raises:
        PhotosError: A folder cannot be used, a stem occurs twice, or there are too few pairs.
    """
    if predictions.resolve() == targets.resolve():
        raise PhotosError(
            f"--predictions and --targets are the same folder, '{targets}' (--targets holds the "
            "color photos that the predictions are compared with)"
        )
    mine = _by_stem(predictions, "--predictions")
    theirs = _by_stem(targets, "--targets")
    matching = Matching(
        pairs=tuple(
            Pair(stem, path, theirs[stem][1]) for stem, (_, path) in mine.items() if stem in theirs
        ),
        lonely_predictions=tuple(name for stem, (name, _) in mine.items() if stem not in theirs),
        lonely_targets=tuple(name for stem, (name, _) in theirs.items() if stem not in mine),
    )
    require_pairs(len(matching.pairs), f"of {len(mine)} predictions and {len(theirs)} photos match")
    return matching


def require_pairs(count: int, what: str) -> None:
    """Refuses too few pairs.

    Raises:
        PhotosError: Says how many there are.
    """
    if count < LEAST_PAIRS:
        raise PhotosError(
            f"--predictions: {count or 'none'} {what}; at least {LEAST_PAIRS} pairs are needed, "
            "with the same file name but for its ending (photo1.png, photo1.jpg)"
        )


def _by_stem(folder: Path, asked: str) -> dict[str, tuple[str, Path]]:
    found: dict[str, tuple[str, Path]] = {}
    for name, path in find_pictures(str(folder), asked=asked).items():
        stem = composed(PurePosixPath(name).stem)
        if stem in found:
            raise PhotosError(
                f"{asked}: '{stem}' is there twice, as '{found[stem][0]}' and '{name}', so it is "
                "not known which one is meant (name the subfolder, or remove one)"
            )
        found[stem] = (name, path)
    return found

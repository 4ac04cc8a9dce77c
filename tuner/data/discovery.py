"""Finds picture files: in a folder and all its subfolders, or among the samples."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tuner.data.remote import bring_here
from tuner.data.samples import sample_pictures
from tuner.errors import PhotosError
from tuner.spec.study import StudySpec
from tuner.wording import nearest

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def composed(name: str) -> str:
    """A name as most systems write it (NFC): macOS writes an accent as a character of its own."""
    return unicodedata.normalize("NFC", name)


def find_pictures(place: str, *, asked: str = "data.photos") -> dict[str, Path]:
    """The pictures of a folder by name, sorted, without opening them; hidden ones are skipped.

    Pictures of an address such as `s3://bucket/photos` are copied to this machine first.

    Raises:
        PhotosError: There is no such folder, or no picture in it.
    """
    if place == "sample":
        return sample_pictures()
    try:
        found = (
            bring_here(place, SUFFIXES, asked=asked) if "://" in place else _listed(place, asked)
        )
    except OSError as problem:
        raise PhotosError(
            f"{asked}: '{problem.filename}' cannot be read ({problem.strerror})"
        ) from problem
    if not found:
        raise PhotosError(f"{asked}: there is no picture in '{place}' ({', '.join(SUFFIXES)})")
    return found


def describe_missing(spec: StudySpec) -> str:
    """Why a study lacks the pictures that it needs, without opening or copying any; else empty.

    A number of the user's own needs none, and a script of their own may need the held-out alone.
    """
    if spec.objective.metric is not None:
        return ""
    data, scripted = spec.data, spec.trainer.kind != "builtin"
    holdout = {"data.holdout": data.holdout} if isinstance(data.holdout, str) else {}
    photos = {} if scripted and holdout else {"data.photos": data.photos}
    for asked, place in {**photos, **holdout}.items():
        if "://" not in place:
            try:
                find_pictures(place, asked=asked)
            except PhotosError as problem:
                return str(problem)
    return ""


def _listed(place: str, asked: str) -> dict[str, Path]:
    folder = Path(place)
    with suppress(RuntimeError):  # no such user: then there is no such folder either
        folder = folder.expanduser()
    if not folder.exists():
        raise PhotosError(f"{asked}: there is no folder '{place}'{_nearest(folder)}")
    if not folder.is_dir():
        raise PhotosError(f"{asked}: '{place}' is a file, a folder of photos is needed")
    return {path.relative_to(folder).as_posix(): path for path in _walk(folder, set())}


def _nearest(folder: Path) -> str:
    missing = folder.absolute()
    while not missing.parent.is_dir():
        missing = missing.parent
    with suppress(OSError):
        names = [one.name for one in missing.parent.iterdir() if one.is_dir()]
        near = nearest(missing.name, [*names, "sample"])
        if near:
            return f" (did you mean '{missing.parent / near if near in names else near}'?)"
    return " (name a folder of color photos, or 'sample')"


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    if folder.resolve() in seen:  # a link that leads back
        return
    seen.add(folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, seen)
        elif path.suffix.lower() in SUFFIXES and (path.is_file() or not path.exists()):
            yield path  # a dangling link is kept, to be counted as broken; a pipe is not

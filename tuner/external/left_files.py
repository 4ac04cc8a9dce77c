"""What a script did leave in its folder, for a pattern of predictions that finds nothing."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from tuner.data.discovery import SUFFIXES
from tuner.external.script_api import REPORTS
from tuner.wording import some

MOST_FILES = 10_000
STEPS = "{steps}"
SHOWN = 3


def describe_left_files(out: Path, names: Collection[str], steps: int = 0) -> str:
    """What lies in a trial's folder, to follow what was looked for; with a pattern that fits.

    Args:
        names: Of the held-out photos.
        steps: Of the trial; 0 where they are not looked for in names of files.
    """
    files = [path.relative_to(out) for path in _files(out) if path.name != REPORTS]
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not pictures:
        what = some([path.as_posix() for path in files], SHOWN)
        return f"; {{out}} holds {f'{what}, but no picture' if files else 'nothing'}"
    shown = some([path.as_posix() for path in pictures], SHOWN)
    pattern = _fitting(pictures, names, steps or -1)
    hint = f"; did you mean '{{out}}/{pattern}'?" if pattern else ""
    return f"; {{out}} holds {shown}{hint}"


def _files(out: Path) -> Iterator[Path]:
    count = 0
    for place, folders, files in os.walk(out):
        folders.sort()
        for name in sorted(files):
            count += 1
            if count > MOST_FILES:
                return
            yield Path(place, name)


def _fitting(pictures: list[Path], names: Collection[str], steps: int) -> str:
    """The pattern of most pictures that have the name of a held-out photo somewhere."""
    patterns = Counter(filter(None, (_pattern(path, names, steps) for path in pictures)))
    # Of pictures of several steps, those of the last one are meant.
    return max(patterns, key=lambda one: (STEPS in one, patterns[one]), default="")


def _pattern(path: Path, names: Collection[str], steps: int) -> str:
    """Its path with `*` for the name of a photo, and the field of the steps; empty without one."""
    stems = [*path.parts[:-1], path.stem]
    for index in reversed(range(len(stems))):
        known = [name for name in names if _is_in(name, stems[index])]
        if known:
            stems[index] = stems[index].replace(max(known, key=len), "*")
            said = "/".join(stems) + path.suffix
            return re.sub(rf"(?<!\d){steps}(?!\d)", STEPS, said)
    return ""


def _is_in(name: str, stem: str) -> bool:
    """Whether a photo's name is one part of a stem, such as `beach` of `beach_fake_B`."""
    return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", stem) is not None

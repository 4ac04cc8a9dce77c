"""What a script did leave in its folder, for a pattern of predictions that finds nothing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from tuner.data.discovery import SUFFIXES
from tuner.external.script_api import REPORTS
from tuner.wording import some

MOST_FILES = 10_000
SHOWN = 3


def describe_left_files(out: Path, names: Collection[str]) -> str:
    """What lies in a trial's folder, to follow what was looked for; with a pattern that fits.

    Args:
        names: Of the held-out photos.
    """
    files = [path.relative_to(out) for path in _files(out) if path.name != REPORTS]
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not pictures:
        what = some([path.as_posix() for path in files], SHOWN)
        return f"; {{out}} holds {f'{what}, but no picture' if files else 'nothing'}"
    shown = some([path.as_posix() for path in pictures], SHOWN)
    pattern = _fitting(pictures, names)
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


def _fitting(pictures: list[Path], names: Collection[str]) -> str:
    """The pattern of most pictures that have the name of a held-out photo somewhere."""
    patterns: Counter[str] = Counter()
    for path in pictures:
        stems = [*path.parts[:-1], path.stem]
        for index in reversed(range(len(stems))):
            if stems[index] in names:
                parts = [*stems[:index], "*", *stems[index + 1 :]]
                patterns["/".join(parts) + path.suffix] += 1
                break
    return patterns.most_common(1)[0][0] if patterns else ""

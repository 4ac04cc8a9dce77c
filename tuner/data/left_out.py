"""Pictures that a study does not use: the first in a sentence, all of them in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tuner.data.survey import LeftOut
from tuner.errors import StorageError
from tuner.wording import some

Sentences = tuple[str, ...]
"""As events tell them, each a notice or each a remark."""

NAMED = 5
"""Number of pictures that the sentence names; the file lists all."""

MANY = 0.1
"""Share of the pictures that are left out from which on one should look at them."""


def are_many(left_out: Sequence[LeftOut], usable: int) -> bool:
    """Whether so many pictures are left out that one should look at them.

    Args:
        usable: Number of those that are used.
    """
    return bool(left_out) and len(left_out) / (len(left_out) + usable) >= MANY


def tell_left_out(
    left_out: Sequence[LeftOut], usable: int, folder: Path
) -> tuple[Sentences, Sentences]:
    """The sentence of `describe_left_out`, as a notice where they are many, else as a remark.

    Args:
        usable: Number of the pictures that are used.

    Returns:
        Notices and remarks, one of which is empty.

    Raises:
        StorageError: As there.
    """
    told = describe_left_out(left_out, folder)
    if are_many(left_out, usable):
        return (told,), ()
    return (), (told,) if told else ()


def describe_left_out(left_out: Sequence[LeftOut], folder: Path) -> str:
    """Writes all names into `left-out.txt` in the study's folder, and returns a sentence about it.

    Returns:
        The sentence; empty where every picture is used.

    Raises:
        StorageError: The file cannot be written.
    """
    if not left_out:
        return ""
    file = folder / "left-out.txt"
    try:
        file.write_text("".join(f"{_whole(one)}\n" for one in left_out), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: cannot be written ({error.strerror})") from error
    named = some([f"'{one.name}' ({one.reason})" for one in left_out], NAMED)
    pictures = "picture is" if len(left_out) == 1 else "pictures are"
    return f"{len(left_out)} {pictures} left out: {named}; all of them, with details: {file}"


def _whole(one: LeftOut) -> str:
    return f"{one.name}: {one.reason}{f', {one.detail}' if one.detail else ''}"

"""Reads YAML files that users name, and says what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tuner.errors import StudyFileError
from tuner.files.bounded import read_bounded
from tuner.spec.parsing.yaml12 import Document, NotYaml, read

LARGEST = 4  # megabytes of a file


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        StudyFileError: It cannot be read, or is no text in UTF-8.
    """
    try:
        content = read_bounded(path, LARGEST)
    except OSError as error:
        what = (
            "a folder, expected a file" if path.is_dir() else f"cannot be read ({error.strerror})"
        )
        raise StudyFileError((f"{path}: {what}",)) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"not UTF-8 text (byte 0x{content[error.start]:02x}); save it as UTF-8"
        raise StudyFileError((f"{path}:{line}: {problem}",)) from None


def parse(text: str, path: Path) -> Document:
    """The document of a text, which may have mistakes that are no syntax.

    Raises:
        StudyFileError: The syntax is wrong.
    """
    try:
        return read(text)
    except NotYaml as error:
        sentence = f"{path}:{error.line}: not valid YAML: {error.problem}"
        raise StudyFileError((sentence,)) from None


def read_values(path: Path) -> Any:
    """The values of a file that is no study, such as one of weights.

    Raises:
        StudyFileError: It cannot be read, or has a mistake.
    """
    document = parse(read_text(path), path)
    if document.mistakes:
        told = (f"{path}:{line}: {mistake.text}" for line, mistake in document.mistakes)
        raise StudyFileError(tuple(told))
    return document.values

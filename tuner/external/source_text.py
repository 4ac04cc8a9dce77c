"""Texts of files with the encoding that they are written in, so that they can be written again."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from pathlib import Path

from tuner.files.bounded import read_bounded

LARGEST = 16  # megabytes of a script or a file of options
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class SourceText:
    """A text.

    Attributes:
        text: Line ends as they are in the file, without a byte order mark.
        encoding: As a cookie of Python names it; `utf-8-sig` where there is such a mark.
    """

    text: str
    encoding: str

    def encoded(self, text: str) -> bytes:
        """Another text, as the file would hold it.

        Raises:
            UnicodeError: A character that the file's encoding does not have.
        """
        return text.encode(self.encoding)


def read_source(path: Path) -> SourceText:
    """Reads a file.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger than 16 MB.
        SyntaxError: Python's cookie names no encoding.
        UnicodeError: It is not text.
    """
    content = read_bounded(path, LARGEST)
    encoding = "utf-8-sig" if content.startswith(BOM) else "utf-8"
    if path.suffix == ".py":
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return SourceText(content.decode(encoding), encoding)

"""The checksum of a line of the journal and of its place, so that changes are noticed."""

from __future__ import annotations

import re
import zlib

_CHECKED = re.compile(rb', "crc32": "([0-9a-f]{8})"\}\n\Z')
"""The end of a line; lines from before there were checksums end without it."""


def with_checksum(line: bytes, place: int) -> bytes:
    """A JSON object as a line, with its checksum as the last field.

    Args:
        line: The object, without the end of the line.
        place: Where the line begins, in bytes from the beginning of the file.
    """
    return line[:-1] + b', "crc32": "%08x"}\n' % _checksum(line, place)


def without_checksum(line: bytes, place: int) -> bytes:
    """The line without its checksum, where it has one.

    Raises:
        ValueError: The checksum is of another line, or of another place.
    """
    found = _CHECKED.search(line)
    if found is None:
        return line
    whole = line[: found.start()] + b"}"
    if int(found[1], 16) != _checksum(whole, place):
        raise ValueError("its checksum does not fit")
    return whole


def _checksum(line: bytes, place: int) -> int:
    return zlib.crc32(line, place & 0xFFFFFFFF)

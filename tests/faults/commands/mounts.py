"""Real disks of a few kilobytes: tmpfs in a mount namespace of this process."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEW_NAMESPACE, RECURSIVE, PRIVATE, REMOUNT, READ_ONLY = 0x20000, 0x4000, 1 << 18, 0x20, 1
LIBC = ctypes.CDLL(None, use_errno=True)


def may_mount() -> bool:
    """Whether this process can have mounts of its own; afterwards it does."""
    if LIBC.unshare(NEW_NAMESPACE) != 0:
        return False
    try:
        _mount("none", Path("/"), None, RECURSIVE | PRIVATE, "")
    except OSError:
        return False
    return True


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """An empty disk at an empty folder, without limits at first.

    Raises:
        OSError: It cannot be mounted.
    """
    _mount("tuner", place, "tmpfs", 0, "")
    try:
        yield
    finally:
        LIBC.umount2(os.fsencode(place), 2)  # detach: what still runs does not keep it


def limit(place: Path, *, pages: int | None = None, inodes: int | None = None) -> None:
    """Leaves so much room on a disk; None leaves all."""
    room = os.statvfs(place)
    size = 0 if pages is None else (room.f_blocks - room.f_bfree + pages) * room.f_bsize
    files = 0 if inodes is None else room.f_files - room.f_ffree + inodes
    _mount("tuner", place, "tmpfs", REMOUNT, f"size={size},nr_inodes={files}")


def set_read_only(place: Path, *, read_only: bool) -> None:
    """Lets nothing be written on a disk, or again everything."""
    _mount("tuner", place, "tmpfs", REMOUNT | (READ_ONLY if read_only else 0), "")


def _mount(source: str, place: Path, kind: str | None, flags: int, options: str) -> None:
    name = os.fsencode(kind) if kind else None
    if LIBC.mount(source.encode(), os.fsencode(place), name, flags, options.encode()) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(place))

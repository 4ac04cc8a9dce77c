"""Remote photos, at any address that fsspec knows, such as `s3://bucket/photos`.

They are copied into a folder of this machine, once; a file that is there with the same size is not
copied again.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from tuner.errors import PhotosError
from tuner.errors.masking import masked
from tuner.files.atomic import draft_of


def bring_here(address: str, suffixes: tuple[str, ...], *, asked: str) -> dict[str, Path]:
    """The pictures of an address by name, as files of this machine.

    Args:
        suffixes: Of the files that are copied, in lower case.
        asked: The key of the study file, for errors.

    Raises:
        PhotosError: The address cannot be read, or its kind needs a package.
    """
    folder = _cache() / hashlib.sha256(address.encode()).hexdigest()[:16]
    found = {}
    try:
        source, root = fsspec.core.url_to_fs(address)
        for path, told in sorted(source.find(root, detail=True).items()):
            name = PurePosixPath(path).relative_to(PurePosixPath(root)).as_posix()
            if ".." in PurePosixPath(name).parts:
                continue  # it would be written outside the folder
            if PurePosixPath(name).suffix.lower() in suffixes:
                found[name] = folder / name
                _bring(source, path, found[name], told["size"])
    except ImportError as error:
        raise PhotosError(masked(f"{asked}: '{address}' cannot be read: {error}")) from error
    except (OSError, ValueError) as error:
        raise PhotosError(masked(f"{asked}: '{address}' cannot be read ({error})")) from error
    return found


def _bring(source: Any, path: str, target: Path, size: int) -> None:
    if target.exists() and target.stat().st_size == size:
        return
    with draft_of(target) as draft:
        source.get_file(path, str(draft))


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "colorization-tuner" / "photos"

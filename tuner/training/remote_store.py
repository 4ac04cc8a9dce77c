"""Files that all machines see: in a folder, or at any address that fsspec knows.

A share that does not answer delays nothing: the training goes on, and the next checkpoint is tried
again.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import fsspec

from tuner.errors import StorageError

PROBE = ".writable"


class RemoteStore:
    """A place for the checkpoints of one study.

    Args:
        address: Such as `/mnt/share/tuner` or `s3://bucket/tuner`.
        study: Name of the study's own folder there.

    Raises:
        StorageError: The address cannot be used.
    """

    def __init__(self, address: str, study: str) -> None:
        try:
            self._files, root = fsspec.core.url_to_fs(address)
            self._root = f"{root.rstrip('/')}/{study}"
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(f"{self._root}/{PROBE}", b"")
        except Exception as error:
            raise StorageError(
                f"share: '{address}' cannot be written ({error}); name a folder that all machines "
                "see, or an address such as s3://bucket/tuner"
            ) from error

    def publish(self, file: Path) -> None:
        """Puts a file there, as a whole, in place of an earlier one."""
        draft = f"{self._root}/.{file.name}.{uuid4().hex}"
        with suppress(Exception):  # every kind of address has errors of its own
            self._files.put_file(str(file), draft)
            self._files.mv(draft, self._at(file))

    def fetch(self, file: Path) -> Path | None:
        """Copies the remote file beside a file of this machine; None where there is none."""
        arrived = file.with_name(f".{file.name}.{uuid4().hex}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._files.get_file(self._at(file), str(arrived))
        except Exception:  # noqa: BLE001 - the same
            arrived.unlink(missing_ok=True)
            return None
        return arrived

    def remove(self, file: Path) -> None:
        """Removes a file that is not needed any more."""
        with suppress(Exception):
            self._files.rm_file(self._at(file))

    def _at(self, file: Path) -> str:
        return f"{self._root}/{file.name}"

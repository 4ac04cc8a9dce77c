"""The folder in which this machine has the files of a shared study."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from tuner.errors import StorageError
from tuner.records.export import write_export
from tuner.records.journal import FILE_NAME
from tuner.sharing.offers import Offer
from tuner.workspace import Workspace

MARK = "shared-study"


def folder_of(workspace: Workspace, offer: Offer) -> Path:
    """Makes the folder of a study; what is left of an earlier one of its name is set aside.

    Raises:
        StorageError: It cannot be made, or holds a study that was run without the storage.
    """
    workspace.make_folder(offer.name)
    with FileLock(workspace.runs / f".{offer.name}.mirror.lock"):
        folder = workspace.make_folder(offer.name)
        mark = folder / MARK
        if mark.exists() and mark.read_text(encoding="utf-8") == offer.uid:
            return folder
        if not mark.exists() and (folder / FILE_NAME).exists():
            raise StorageError(
                f"{folder} holds a study of this name that was run without this storage (choose "
                "another place with --directory)"
            )
        if mark.exists():
            workspace.set_aside(offer.name)
            folder = workspace.make_folder(offer.name)
        write_export(folder / MARK, offer.uid)
        return folder

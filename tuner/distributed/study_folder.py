"""The folder in which this machine has the files of a shared study."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from tuner.distributed.studies import SubmittedStudy
from tuner.errors import StorageError
from tuner.files.atomic import write_whole
from tuner.journal.journal_file import FILE_NAME
from tuner.journal.workspace import Workspace

MARK = "shared-study"


def folder_of(workspace: Workspace, submission: SubmittedStudy) -> Path:
    """Makes the folder of a study; renames the folder of an earlier study of its name.

    Raises:
        StorageError: It cannot be made, or holds a study that was run without the storage.
    """
    workspace.make_folder(submission.name)
    with FileLock(workspace.runs / f".{submission.name}.mirror.lock"):
        folder = workspace.make_folder(submission.name)
        mark = folder / MARK
        if mark.exists() and mark.read_text(encoding="utf-8") == submission.uid:
            return folder
        if not mark.exists() and (folder / FILE_NAME).exists():
            raise StorageError(
                f"{folder} holds a study of this name that was run without this storage (choose "
                "another place with --directory)"
            )
        if mark.exists():
            workspace.set_aside(submission.name)
            folder = workspace.make_folder(submission.name)
        write_whole(folder / MARK, submission.uid)
        return folder

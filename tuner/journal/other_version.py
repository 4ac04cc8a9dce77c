"""The sentence for what another version of the tuner has left in a shared storage."""

from __future__ import annotations

from importlib.metadata import version

from tuner.errors import StorageError
from tuner.journal.event_json import reason_of


def of_another_version(what: str, error: Exception) -> StorageError:
    """The error of a reader that does not know all that was written.

    Args:
        what: The line or trial.
        error: Why it cannot be read.
    """
    here = version("colorization-tuner")
    return StorageError(
        f"storage: {what} is damaged, or of another version of the tuner ({reason_of(error)}); "
        f"this is version {here}: use the one that wrote it"
    )

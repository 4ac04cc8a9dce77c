"""Where `tuner init` writes a study file, and the schema beside it."""

from __future__ import annotations

from pathlib import Path

from tuner.errors import StorageError, TunerError
from tuner.spec.json_schema import FILE_NAME, TITLE, schema_text
from tuner.spec.study_file import LOCAL_STUDIES, NAME


def path_for(name: str, *, force: bool) -> Path:
    """The path of a new study.

    Args:
        force: Whether a file that is there may be overwritten.

    Raises:
        TunerError: A study cannot have this name.
        StorageError: The file is there already.
    """
    path = LOCAL_STUDIES / f"{name}.yaml"
    if not NAME.fullmatch(name):
        raise TunerError(
            f"init: '{name}' is no name of a study (expected at most 64 letters, digits, '.', '_' "
            "and '-', with a letter or digit in front)"
        )
    if path.exists() and not force:
        raise StorageError(f"{path} is there already; choose another name, or add --force")
    return path


def write_study(path: Path, text: str) -> bool:
    """Writes the study, and the schema unless another file has that name; whether it did.

    Raises:
        StorageError: One of the two cannot be written.
    """
    schema = path.with_name(FILE_NAME)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        ours = not schema.exists() or TITLE in schema.read_text(encoding="utf-8", errors="replace")
        if ours:
            schema.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{error.filename}: cannot be written ({error.strerror})") from error
    return ours

"""Where `tuner init` writes a study file, and the schema beside it."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

from tuner.errors import StorageError, StudyFileError, TunerError
from tuner.files.atomic import write_whole
from tuner.spec.json_schema import FILE_NAME, TITLE, schema_text
from tuner.spec.study import StudySpec
from tuner.spec.study_file import LOCAL_STUDIES, NAME, parse_study
from tuner.wording import did_you_mean


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


def typed_pair(part: str, option: str, known: Collection[str], expected: str) -> tuple[str, str]:
    """A weight and what was typed for it, `NAME=VALUE`.

    Args:
        option: Where it was typed, for the error sentence.
        known: Names of weights that are allowed.
        expected: What is expected in place of a part without `=`.

    Raises:
        TunerError: There is no `=`, or the weight is unknown.
    """
    name, equals, value = (word.strip() for word in part.partition("="))
    if not equals:
        raise TunerError(f"init: {option} {part}: no '=' in it (expected {expected})")
    if name not in known:
        raise TunerError(
            f"init: {option} {part}: unknown weight '{name}'{did_you_mean(name, known)}"
        )
    return name, value


def start_value(text: str, option: str) -> float:
    """The start value of a weight as it was typed.

    Args:
        option: What was typed in all, for the error sentence.

    Raises:
        TunerError: It is no number of at least 0.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise TunerError(f"init: {option}: got '{text}', expected a number of at least 0")
    return number


def write_study(path: Path, text: str) -> tuple[StudySpec, bool]:
    """Writes a study that loads, whole, and the schema unless another file has that name.

    Returns:
        What the file asks for, and whether the schema lies beside it.

    Raises:
        TunerError: The study would not load; nothing was written.
        StorageError: One of the two cannot be written.
    """
    try:
        spec = parse_study(text, path)
    except StudyFileError as error:
        raise TunerError(f"init: nothing was written, for it would not load: {error}") from error
    write_whole(path, text)
    return spec, _write_schema(path.with_name(FILE_NAME))


def _write_schema(path: Path) -> bool:
    try:
        ours = not path.exists() or TITLE in path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error
    if ours:
        write_whole(path, schema_text())
    return ours

"""The best weights written into a file of the user's own, where his training takes them from.

The places are those that the study's `set` names in that file, else keys or constants that are
called like the weights. Nothing but their values changes, and the file as it was is kept.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StorageError, TrainerError
from tuner.external.named_places import constants_named, keys_named
from tuner.external.patching import patched
from tuner.external.source_text import read_source
from tuner.external.trial_dir import working_folder
from tuner.journal.history import StudyHistory
from tuner.reporting.export import best_weights
from tuner.spec.placeholders import fields_of, plain_decimal, word
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study
from tuner.spec.trainer import SetSpec, SetValue
from tuner.wording import joined, listed

WHO = "--into"
FIELD = "weights."
PYTHON = ".py"


@dataclass(frozen=True)
class ExportPreview:
    """What was written.

    Attributes:
        diff: Unified, empty where the file had these weights already.
        backup: The file as it was; None where nothing changed.
        elsewhere: Other files that the study writes some of its weights to.
    """

    diff: str
    backup: Path | None
    elsewhere: tuple[Path, ...]


def write_into(history: StudyHistory, file: Path) -> ExportPreview:
    """Writes the best weights into a file, and keeps it as it was beside it.

    Raises:
        TunerError: The study has no result yet, the file cannot be read or written, or a weight
            has no place in it.
    """
    weights = best_weights(history)
    spec = recorded_study(history.spec)
    places, elsewhere = _places(spec, file)
    if places is None:
        places = _named_like(weights, file, spec)
    fields = {f"{FIELD}{name}": plain_decimal(value) for name, value in weights.items()}
    after = patched(places, Path(), fields, WHO)
    before = read_source(file).text
    old, new = (text.splitlines(keepends=True) for text in (before, after.text))
    diff = "".join(difflib.unified_diff(old, new, str(file), str(file)))
    backup = _replaced(file.resolve(), after.content) if after.text != before else None
    return ExportPreview(diff, backup, elsewhere)


def _places(spec: StudySpec, file: Path) -> tuple[SetSpec | None, tuple[Path, ...]]:
    """Where the study itself writes weights in this file, and in which other files.

    Raises:
        TrainerError: It writes some to this file, and others nowhere.
    """
    here, elsewhere, placed = None, [], set()
    for asked in spec.trainer.set:
        of_weights = _only_weights(asked)
        if of_weights is None:
            continue
        path = working_folder(spec) / asked.file
        placed |= _weights_of(of_weights)
        if path.resolve() == file.absolute().resolve():
            here = of_weights.model_copy(update={"file": str(file.absolute())})
        else:
            elsewhere.append(path)
    if here is None:
        return None, ()
    lost = [name for name in spec.weights if name not in placed]
    if lost:
        raise TrainerError(
            f"{WHO}: the study's 'set' has no place for {listed(lost)}; name its key or constant "
            "there"
        )
    return here, tuple(elsewhere)


def _only_weights(asked: SetSpec) -> SetSpec | None:
    """The part of `set` for a file that is about weights alone; None where there is none."""
    parts = {
        kind: {
            key: template
            for key, template in (values or {}).items()
            if (fields := _fields_in(template)) and all(each.startswith(FIELD) for each in fields)
        }
        for kind, values in (("keys", asked.keys), ("constants", asked.constants))
    }
    given = {kind: values for kind, values in parts.items() if values}
    return SetSpec(file=asked.file, **given) if given else None


def _weights_of(asked: SetSpec) -> set[str]:
    templates = {**(asked.keys or {}), **(asked.constants or {})}.values()
    return {field.removeprefix(FIELD) for each in templates for field in _fields_in(each)}


def _fields_in(template: SetValue) -> tuple[str, ...]:
    """The fields of a value; of a list that holds anything else, too, none."""
    if isinstance(template, tuple):
        fields = [_fields_in(each) for each in template]
        return tuple(name for each in fields for name in each)
    return fields_of(template) if isinstance(template, str) else ()


def _named_like(weights: Mapping[str, float], file: Path, spec: StudySpec) -> SetSpec:
    """Keys or constants that are called like the weights.

    Raises:
        TrainerError: The file cannot be read; or a weight has no place in it, or several.
    """
    is_python = file.suffix == PYTHON
    try:
        text = read_source(file).text
        found = {
            name: constants_named(text, name, _option_of(spec, name))
            if is_python
            else keys_named(text, file.suffix, name)
            for name in weights
        }
    except OSError as error:
        raise TrainerError(f"{WHO}: '{file}' cannot be read ({error.strerror})") from error
    except (SyntaxError, UnicodeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise TrainerError(f"{WHO}: '{file}' cannot be parsed ({said})") from error
    what = "constant, argument, option or key of a dict" if is_python else "key"
    lost = [name for name, places in found.items() if not places]
    if lost:
        as_words = {field for each in spec.trainer.run or () for field in fields_of(str(each))}
        advice = "name it in the study, in trainer.set"
        if all(f"{FIELD}{name}" in as_words for name in lost):
            advice = "the study hands it over as an argument: tuner export --format argv"
        raise TrainerError(
            f"{WHO}: '{file}' has no place for {listed(lost)}: no {what} is called so; {advice}"
        )
    for name, places in found.items():
        if len(places) > 1:
            raise TrainerError(
                f"{WHO}: '{file}' has several places for '{name}' ({joined(places, 'and')}); name "
                "the right one in the study, in trainer.set"
            )
    kind = "constants" if is_python else "keys"
    values = {places[0]: f"{{{FIELD}{name}}}" for name, places in found.items()}
    return SetSpec.model_validate({"file": str(file.absolute()), kind: values})


def _option_of(spec: StudySpec, name: str) -> str:
    """The option by which the study hands a weight over; empty where there is none."""
    field = f"{{{FIELD}{name}}}"
    words = [word(each) for each in (*(spec.trainer.run or ()), *(spec.trainer.predict or ()))]
    for before, each in zip(["", *words], words, strict=False):
        if each == field and before.startswith("-"):
            return before
        if each.startswith("-") and each.endswith(f"={field}"):
            return each.removesuffix(f"={field}")
    return ""


def _replaced(file: Path, content: bytes) -> Path:
    """Writes the file as a whole, once it is kept as it was.

    Raises:
        StorageError: One of the two cannot be written.
    """
    backup = _free(file)
    draft = file.with_name(f".{file.name}.tuner")
    try:
        shutil.copy2(file, backup)
        draft.write_bytes(content)
        shutil.copymode(file, draft)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(f"{file}: cannot be written ({error.strerror})") from error
    return backup


def _free(file: Path) -> Path:
    """A name for the backup that no earlier one has."""
    path, number = file.with_name(f"{file.name}.bak"), 2
    while path.exists():
        path, number = file.with_name(f"{file.name}.bak{number}"), number + 1
    return path

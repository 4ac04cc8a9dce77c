"""`tuner run --from best.yaml`: runs a study once more, and says whether it came out the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.errors import StorageError, TunerError
from tuner.wording import listed

if TYPE_CHECKING:  # it is loaded late
    from tuner.spec.study import StudySpec

ENDING = "-repeat"
LONGEST_NAME = 64

FOUND = ("weights", "improvement", "stages", "combination", "simplification", "compare")
"""Keys of the file that hold what a study found."""

OF_ONE_RUN = ("study_uid", "study_digest", "mlflow_run", "settings")
"""Keys of `provenance` that differ between two runs of one study."""


@dataclass(frozen=True)
class Original:
    """A finished study, as its `best.yaml` has it.

    Attributes:
        spec: The study to run, under a name of its own.
        content: Of the file.
    """

    path: Path
    spec: StudySpec
    content: Mapping[str, Any]

    def compared_with(self, folder: Path) -> str:
        """A sentence on a repetition that equals the original.

        Args:
            folder: Of the repetition, which is finished.

        Raises:
            TunerError: It does not; the text says in what, and which versions are others.
        """
        import yaml

        from tuner.journal.history_builder import read_history
        from tuner.reporting.export import best_yaml

        repeated = yaml.safe_load(best_yaml(read_history(folder, curves=False)))
        different = [key for key in FOUND if repeated.get(key) != self.content.get(key)]
        if not different:
            return f"Repeated: weights, scores and claim are those of {self.path}, digit for digit."
        changes = [*_changes(self.content["provenance"], repeated["provenance"])]
        reason = f" ({'; '.join(changes)})" if changes else ""
        raise TunerError(
            f"run: the repetition differs from {self.path} in {listed(different)}{reason}; digit "
            "for digit a study repeats itself on the same machine, with the same versions and "
            "photos"
        )


def load_original(path: Path, photos: str | None) -> Original:
    """Reads a `best.yaml`.

    Args:
        photos: Where the photos lie now; None where they lay then.

    Raises:
        StudyFileError: It cannot be read.
        StorageError: It does not hold its study, or another version has recorded it.
    """
    content = _content(path)
    settings = content["provenance"]["settings"]
    try:
        return Original(path, _to_repeat(settings, photos), content)
    except StorageError as error:
        raise StorageError(f"{path}: {error}") from error


def _to_repeat(settings: Mapping[str, Any], photos: str | None) -> StudySpec:
    from tuner.spec.study_file import recorded_study

    spec = recorded_study(settings)
    name = spec.study[: LONGEST_NAME - len(ENDING)] + ENDING
    # What was left out to fit into some hours is left out again; nothing is measured anew.
    budget = spec.budget.model_copy(update={"hours": None})
    data = spec.data.model_copy(update={"photos": photos or spec.data.photos})
    return spec.model_copy(update={"study": name, "budget": budget, "data": data})


def _content(path: Path) -> Mapping[str, Any]:
    from tuner.spec.parsing.yaml_file import read_values

    content = read_values(path)
    provenance = content.get("provenance") if isinstance(content, dict) else None
    if isinstance(provenance, dict) and isinstance(provenance.get("settings"), dict):
        return dict(content)
    raise StorageError(
        f"{path}: it holds no 'provenance.settings', the study that it came from (`tuner export "
        "--study NAME` writes a file that does)"
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in {**before, **after}:
        if key not in OF_ONE_RUN and before.get(key) != after.get(key):
            yield f"{key} {before.get(key)} -> {after.get(key)}"

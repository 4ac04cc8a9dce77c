"""Options that several commands share, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tuner.errors import StorageError
from tuner.journal.workspace import found_by

STUDY = typer.Option("--study", "-s", help="A study's name, or the path of its YAML file.")
Study = Annotated[str, STUDY]
Directory = Annotated[
    Path,
    typer.Option(
        "--directory", envvar="TUNER_DIRECTORY", help="Where tuner.db and tuner-runs/ lie."
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="Overrides a key, such as trainer.steps=300; repeatable."),
]
Photos = Annotated[
    str | None,
    typer.Option("--photos", envvar="TUNER_PHOTOS", help="A folder of color photos, or 'sample'."),
]
Steps = Annotated[int | None, typer.Option("--steps", help="Steps of every training.")]
Hours = Annotated[
    float | None,
    typer.Option("--hours", help="Plans what fits: fewer values, seeds and steps."),
]
Quick = Annotated[
    bool,
    typer.Option("--quick", help="A preset for a laptop without a GPU: tiny pictures, few steps."),
]
Price = Annotated[float, typer.Option("--price", help="Price of an hour, for the cost.")]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        envvar="TUNER_STORAGE",
        help="A database that many machines share: postgresql+psycopg://user@host/optuna.",
    ),
]
Share = Annotated[
    str | None,
    typer.Option(
        "--share",
        envvar="TUNER_SHARE",
        help="Where all machines see checkpoints: a folder, or s3://bucket/tuner.",
    ),
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Sets an earlier run aside and starts afresh.")
]
Record = Annotated[bool, typer.Option("--record/--no-record", help="Feed MLflow while it runs.")]
Anyway = Annotated[
    bool, typer.Option("--yes", help="Goes on although the start has not learned color.")
]


def load(
    study: str,
    photos: str | None,
    steps: int | None,
    quick: bool,
    sets: list[str] | None,
    hours: float | None = None,
) -> Any:
    """The study that the options ask for."""
    from tuner.spec.study_file import load_study, parse_assignments

    overrides: dict[str, Any] = parse_assignments(sets or ())
    if photos is not None:
        # An address such as s3://bucket/photos stays as it is.
        overrides.setdefault("data.photos", photos if "://" in photos else Path(photos))
    if steps is not None:
        overrides.setdefault("trainer.steps", steps)
    if hours is not None:
        overrides.setdefault("budget.hours", hours)
    return load_study(study, overrides, preset="quick" if quick else None)


def words(
    study: str,
    photos: str | None,
    steps: int | None,
    quick: bool,
    sets: list[str] | None,
    directory: Path = Path(),
) -> list[str]:
    """The same options as words of a command line."""
    said = ["--study", study]
    said += ["--photos", photos] if photos is not None else []
    said += ["--steps", str(steps)] if steps is not None else []
    said += ["--quick"] if quick else []
    said += found_by(directory)
    return [*said, *(word for one in sets or () for word in ("--set", one))]


def name_of(study: str) -> str:
    """The name of a study, given by its name or by the path of its file."""
    if Path(study).suffix not in (".yaml", ".yml"):
        return study
    from tuner.spec.study_file import load_study

    return str(load_study(study).study)


def folder_of(study: str, directory: Path, storage: str | None = None) -> Path:
    """The folder of a study, given by its name or by the path of its file.

    With a shared storage the folder is brought up to date first.
    """
    from tuner.journal.workspace import Workspace
    from tuner.spec.study_file import load_study

    workspace = Workspace(directory.absolute())
    if storage is not None:
        from tuner.distributed.status import mirror_here

        return mirror_here(name_of(study), storage, workspace)
    folder = workspace.folder(study)
    return folder if folder.is_dir() else workspace.folder(load_study(study).study)


def require_storage(storage: str | None) -> str:
    """The address of the shared storage.

    Raises:
        StorageError: No address was given.
    """
    if storage is None:
        raise StorageError(
            "storage: name the database that the machines share, with --storage or "
            "TUNER_STORAGE (such as postgresql+psycopg://user@host/optuna)"
        )
    return storage


def as_here(place: str | None) -> str | None:
    """A folder as an absolute path; addresses and the name `sample` stay as they are."""
    if place is None or place == "sample" or "://" in place:
        return place
    return str(Path(place).absolute())


def print_json(record: Any) -> None:
    """Prints a record as JSON, for programs."""
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False))

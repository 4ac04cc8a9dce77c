"""`tuner diagnose`: names the symptom of colorizations, and the command that treats it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import AsJson, Directory, folder_of, print_json
from tuner.errors import TunerError

if TYPE_CHECKING:  # these load torch
    from tuner.diagnosis.case import Case
    from tuner.journal.history import StudyHistory
    from tuner.journal.workspace import Workspace

PICTURE = "diagnosis.png"


def diagnose(
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="A folder of colorized pictures.")
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option("--targets", help="The color photos they should be, of the same names."),
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Look at a trial of this study instead.")
    ] = None,
    trial: Annotated[
        int | None, typer.Option("--trial", help="Its number; the best weights by default.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="A network of the built-in trainer (safetensors)."),
    ] = None,
    photos: Annotated[
        str | None, typer.Option("--photos", help="What it colors: color photos, or 'sample'.")
    ] = None,
    model_args: Annotated[
        str | None,
        typer.Option("--model-args", help="Of that network, where it tells less: gray_skip=false."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Where the worst photos are drawn (PNG).")
    ] = None,
    directory: Directory = Path(),
    as_json: AsJson = False,
) -> None:
    """Name what is wrong with pictures, and the study that treats it."""
    if trial is not None and study is None:
        raise TunerError("diagnose: --trial belongs to --study")
    if checkpoint is None and (photos is not None or model_args is not None):
        raise TunerError("diagnose: --photos and --model-args belong to --checkpoint")
    match (predictions, targets, study, checkpoint, photos):
        case (None, None, str(), None, None):
            found = diagnose_trial(folder_of(study, directory), trial, picture, as_json=as_json)
        case (Path(), Path(), None, None, None):
            found = diagnose_folders(predictions, targets, picture, as_json=as_json)
        case (None, None, None, Path(), str()):
            found = diagnose_checkpoint(checkpoint, photos, model_args, picture, as_json=as_json)
        case _:
            raise TunerError(
                "diagnose: give --predictions DIR and --targets DIR, or --study NAME, or "
                "--checkpoint FILE and --photos DIR"
            )
    if as_json:
        print_json(found)


def diagnose_folders(
    predictions: Path, targets: Path, picture: Path | None, *, as_json: bool
) -> dict[str, object] | None:
    """Diagnoses predictions against photos of the same names.

    Returns:
        The record for `--json`; None where the diagnosis was printed instead.

    Raises:
        PhotosError: A folder cannot be used.
        StorageError: The picture cannot be written.
    """
    from tuner.diagnosis.folders import case_of_folders
    from tuner.training.device import on_one_core

    with on_one_core():  # pictures are small: several threads would only wait for each other
        case = case_of_folders(predictions, targets)

    def command(study: str) -> str:
        return f"tuner run --study {study} --photos DIR"

    return _conclude(case, picture or Path(PICTURE), command, as_json=as_json)


def diagnose_checkpoint(
    checkpoint: Path,
    photos: str,
    model_args: str | None,
    picture: Path | None,
    *,
    as_json: bool,
) -> dict[str, object] | None:
    """Diagnoses a network of the built-in trainer by the colors that it predicts for photos.

    Args:
        model_args: Arguments of the model as they are typed; None takes those in the file.

    Returns:
        The record for `--json`; None where the diagnosis was printed instead.

    Raises:
        TrainerError: The file cannot be used.
        PhotosError: The folder cannot be used.
        StorageError: The picture cannot be written.
    """
    from tuner.diagnosis.checkpoints import case_of_checkpoint, parse_arguments
    from tuner.training.device import on_one_core

    arguments = parse_arguments(model_args) if model_args is not None else {}
    with on_one_core():
        case = case_of_checkpoint(checkpoint, photos, arguments)

    def command(study: str) -> str:
        return f"tuner run --study {study} --photos {shlex.quote(photos)}"

    return _conclude(case, picture or Path(PICTURE), command, as_json=as_json)


def diagnose_trial(
    folder: Path, number: int | None, picture: Path | None, *, as_json: bool
) -> dict[str, object] | None:
    """Diagnoses a trial of a study, on its held-out photos.

    Returns:
        The record for `--json`; None where the diagnosis was printed instead.

    Raises:
        StudyNotFound: There is no such trial.
        StorageError: The picture cannot be written.
    """
    from tuner.diagnosis.trials import case_of_trial, choose_trial
    from tuner.journal.history_builder import read_history
    from tuner.journal.workspace import Workspace

    history = read_history(folder, curves=False)
    trial = choose_trial(history, number)
    case = case_of_trial(folder, history, trial)
    place = picture or folder / f"pictures/trial-{trial.number:03d}" / PICTURE
    workspace = Workspace(folder.parent.parent)

    def command(study: str) -> str:
        return _next_command(history, study, trial.weights, workspace)

    return _conclude(case, place, command, as_json=as_json)


def _conclude(
    case: Case,
    picture: Path,
    command: Callable[[str], str],
    *,
    as_json: bool,
) -> dict[str, object] | None:
    """Examines a case, and prints the diagnosis or returns its record.

    Args:
        command: The command for the study that treats the first symptom, by that study's name.
    """
    from tuner.diagnosis.examine import examine
    from tuner.diagnosis.strip import save_strip
    from tuner.display.diagnosis import diagnosis_record, headline, print_diagnosis
    from tuner.training.device import on_one_core

    with on_one_core():
        diagnosis = examine(case)
    columns = [(case.names[index], case.views(index)) for index in diagnosis.worst]
    save_strip(picture, headline(diagnosis), columns)
    run = command(diagnosis.study) if diagnosis.study is not None else None
    if as_json:
        return diagnosis_record(case, diagnosis, picture, run)
    print_diagnosis(case, diagnosis, picture, run)
    return None


def _next_command(
    history: StudyHistory, study: str, weights: Mapping[str, float], workspace: Workspace
) -> str:
    """The command for the treating study with these weights; empty without one that fits."""
    from tuner.reporting.next_study import free_name, next_study_command
    from tuner.spec.study_file import recorded_study

    spec = recorded_study(history.spec)
    if spec.own_roles is not None:
        return next_study_command(
            spec.study, study, weights, spec.own_roles, found_by=workspace.options
        )
    quick = " --quick" if spec.preset == "quick" else ""
    said = [f"tuner run --study {study} --photos {shlex.quote(spec.data.photos)}{quick}"]
    said += _own_weights(study, weights, spec.preset)
    name = free_name(study, workspace.options)
    if name != study:
        said.append(f"--set study={name}")
    return " ".join([*said, *map(shlex.quote, workspace.options)])


def _own_weights(study: str, weights: Mapping[str, float], preset: str | None) -> list[str]:
    """The weights in which a study, as the preset changes it, differs from these."""
    from tuner.spec.study_file import load_study

    usual = load_study(study, preset=preset).weights
    return [
        f"--set weights.{name}={value:g}"
        for name, value in weights.items()
        if usual.get(name) != value
    ]

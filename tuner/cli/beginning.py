"""Commands before there is a study: what is wrong, which study treats it, a file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuner.cli.options import AsJson, Directory, Photos, folder_of, print_json
from tuner.errors import TunerError


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
    """Name what is wrong with colorizations, and the study that treats it."""
    if trial is not None and study is None:
        raise TunerError("diagnose: --trial belongs to --study")
    if checkpoint is None and (photos is not None or model_args is not None):
        raise TunerError("diagnose: --photos and --model-args belong to --checkpoint")
    match (predictions, targets, study, checkpoint, photos):
        case (None, None, str(), None, None):
            from tuner.cli.examination import diagnose_trial

            found = diagnose_trial(folder_of(study, directory), trial, picture, as_json=as_json)
        case (Path(), Path(), None, None, None):
            from tuner.cli.examination import diagnose_folders

            found = diagnose_folders(predictions, targets, picture, as_json=as_json)
        case (None, None, None, Path(), str()):
            from tuner.cli.examination import diagnose_checkpoint

            found = diagnose_checkpoint(checkpoint, photos, model_args, picture, as_json=as_json)
        case _:
            raise TunerError(
                "diagnose: give --predictions DIR and --targets DIR, or --study NAME, or "
                "--checkpoint FILE and --photos DIR"
            )
    if as_json:
        print_json(found)


def studies(as_json: AsJson = False) -> None:
    """List the studies, and the presets of weights."""
    from tuner.display.pages import print_studies
    from tuner.guide.presets import WEIGHT_PRESETS
    from tuner.spec.study_file import list_studies

    found = list_studies()
    if as_json:
        headings = [
            {"study": h.name, "symptom": h.symptom, "path": str(h.path), "shipped": h.shipped}
            for h in found
        ]
        presets = {name: dict(weights) for name, weights in WEIGHT_PRESETS.items()}
        print_json({"studies": headings, "presets": presets})
    else:
        print_studies(found, WEIGHT_PRESETS)


def init(
    name: Annotated[str, typer.Argument(help="Of the study; the file is studies/NAME.yaml.")],
    symptom: Annotated[
        str | None,
        typer.Option("--symptom", help="As diagnose names it, or a study that treats it."),
    ] = None,
    photos: Photos = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", help="What you train with: ab_weight=3,l_weight=0.3, or a preset's name."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrites the file.")] = False,
) -> None:
    """Write a commented study file of your own, for a symptom."""
    from tuner.cli.new_study import write_new_study
    from tuner.cli.scaffold_pages import print_new_study

    print_new_study(write_new_study(name, symptom, photos, weights, force=force))

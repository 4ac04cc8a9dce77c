"""`tuner init`: writes a study file for the user's own photos, and prints what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import Photos
from tuner.errors import TunerError

if TYPE_CHECKING:
    from tuner.cli.new_study import NewStudy
    from tuner.cli.script_study import ScriptStudy


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
    script: Annotated[
        str | None,
        typer.Option(
            "--from-script",
            help="Your script, or how you call it: 'train.py -opt a.yml'; it is only read.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrites the file.")] = False,
) -> None:
    """Write a study file of your own, for a symptom or a training script."""
    if script is not None:
        from tuner.cli.script_study import write_script_study

        if symptom is not None:
            raise TunerError(
                "init: --symptom is for the guide's loss; with --from-script leave it out, and "
                "use --from once that study has shown what is wrong"
            )
        print_script_study(write_script_study(name, script, photos, weights, force=force))
        return
    from tuner.cli.new_study import write_new_study

    print_new_study(write_new_study(name, symptom, photos, weights, force=force))


def print_new_study(new: NewStudy) -> None:
    """Prints the path of the new study, what it asks for, and the next command."""
    from tuner.display.pages import say, say_wrapped
    from tuner.reporting.story import describe_weights
    from tuner.spec.json_schema import FILE_NAME

    stages = len(new.spec.stages)
    one_each = f"{stages} stages, one weight each" if stages > 1 else "1 stage"
    say(f"Written to {new.path}")
    say_wrapped(f"Made of the shipped study '{new.like}': {one_each}; {new.spec.symptom}.")
    say_wrapped(f"Start weights: {describe_weights(new.spec.weights)}")
    if new.hides:
        say_wrapped(
            f"In this folder --study {new.spec.study} now means your file, not the shipped study."
        )
    if new.has_schema:
        say_wrapped(f"Editors complete its keys by {new.path.with_name(FILE_NAME)}.")
    say(f"Next: tuner check --study {new.spec.study}")


def print_script_study(new: ScriptStudy) -> None:
    """Prints what was found in a script and what was not, and the next command."""
    from tuner.display.pages import say, say_wrapped
    from tuner.reporting.story import describe_weights

    say(f"Written to {new.path}")
    say_wrapped(f"Weights in the script: {describe_weights(new.spec.weights)}")
    for sentence in new.draft.missing:
        say_wrapped(f"{sentence}.")
    say_wrapped("The script was read, not run: look through the file.")
    say(f"Next: tuner check --study {new.spec.study} --run")

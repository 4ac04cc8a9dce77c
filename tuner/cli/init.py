"""`tuner init`: writes a study file for the user's own photos, and prints what it asks for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import Directory, Photos
from tuner.errors import TunerError

if TYPE_CHECKING:
    from tuner.cli.follow_up import FollowUp
    from tuner.cli.new_study import NewStudy
    from tuner.cli.script_study import ScriptStudy
    from tuner.guide.roles import Role


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
    origin: Annotated[
        str | None,
        typer.Option("--from", help="A study of yours: its trainer, photos and best weights stay."),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Which part a weight plays in it: l1=ab; repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrites the file.")] = False,
    directory: Directory = Path(),
) -> None:
    """Write a study file, for a symptom or a training script."""
    if role and origin is None:
        raise TunerError("init: --role belongs to --from")
    if origin is not None:
        from tuner.cli.follow_up import write_follow_up

        if script is not None or photos is not None or weights is not None:
            raise TunerError("init: --from keeps trainer, photos and weights of that study")
        ask = _ask if sys.stdin.isatty() and sys.stdout.isatty() else None
        print_follow_up(
            write_follow_up(
                name, symptom, origin, role or (), ask, directory=directory, force=force
            ),
            directory,
        )
        return
    if script is not None:
        from tuner.cli.script_study import write_script_study

        if symptom is not None:
            raise TunerError(
                "init: --symptom is for the guide's loss; with --from-script leave it out, and "
                "use --from once that study has shown what is wrong"
            )
        new = write_script_study(name, script, photos, weights, force=force)
        print_script_study(new, directory)
        return
    from tuner.cli.new_study import write_new_study

    print_new_study(write_new_study(name, symptom, photos, weights, force=force), directory)


def print_new_study(new: NewStudy, directory: Path = Path()) -> None:
    """Prints the path of the new study, what it asks for, and the next command."""
    from tuner.display.pages import say, say_wrapped
    from tuner.journal.workspace import Workspace
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
    say(f"Next: {Workspace(directory).command('check', new.spec.study)}")


def print_script_study(new: ScriptStudy, directory: Path = Path()) -> None:
    """Prints what was found in a script and what was not, and the next command."""
    from tuner.display.pages import say, say_wrapped
    from tuner.journal.workspace import Workspace
    from tuner.reporting.story import describe_weights

    say(f"Written to {new.path}")
    say_wrapped(f"Weights in the script: {describe_weights(new.spec.weights)}")
    for sentence in new.draft.missing:
        say_wrapped(f"{sentence}.")
    say_wrapped("The script was read, not run: look through the file.")
    say(f"Next: {Workspace(directory).command('check', new.spec.study, '--run')}")


def print_follow_up(new: FollowUp, directory: Path = Path()) -> None:
    """Prints what a study moves that goes on from another one, and the next command."""
    from tuner.display.pages import say, say_wrapped
    from tuner.journal.workspace import Workspace
    from tuner.wording import joined, listed

    say(f"Written to {new.path}")
    moved = [
        f"{stage.vary} x {', '.join(f'{factor:g}' for factor in stage.times or ())} "
        f"({new.spec.roles[stage.vary]})"
        for stage in new.spec.stages
    ]
    say_wrapped(f"With the factors of '{new.like}': {joined(moved, 'and')}")
    if new.still:
        say_wrapped(f"Left as they are: {listed(new.still)}")
    say(f"Next: {Workspace(directory).command('run', new.spec.study)}")


def _ask(name: str, likely: Role | None) -> str:
    """Asks on the terminal which part of the guide's loss a weight plays."""
    from tuner.guide.roles import ROLES

    question = f"Which part does '{name}' play ({', '.join(ROLES)}, or none)?"
    said = str(typer.prompt(question, default=likely or "none"))
    return "" if said == "none" else said

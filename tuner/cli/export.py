"""`tuner export`: writes the best weights to a new file, or into a file of the user's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuner.cli.options import Directory, Storage, Study, folder_of
from tuner.errors import TunerError
from tuner.guide.weightings import Unsearched


def export(
    study: Study,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; '-' prints.", allow_dash=True)
    ] = None,
    form: Annotated[
        Literal["yaml", "python", "json", "argv", "basicsr"], typer.Option("--format")
    ] = "yaml",
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Writes them into your own YAML, JSON, TOML or Python file."),
    ] = None,
    weighting: Annotated[
        Unsearched | None,
        typer.Option("--weighting", help="The code of a weighting that the study compared with."),
    ] = None,
    directory: Directory = Path(),
    storage: Storage = None,
) -> None:
    """Export the best weights; where none is confirmed, the start's."""
    from tuner.journal.history_builder import read_history
    from tuner.journal.workspace import found_by
    from tuner.reporting.drop_in import drop_in, winners
    from tuner.reporting.export_formats import render
    from tuner.tracking.sync_state import last_report

    folder = folder_of(study, directory, storage)
    if weighting is not None:
        if into is not None or form != "yaml":
            raise TunerError("export: --weighting has no use for --into and --format")
        code = drop_in(read_history(folder, curves=False), weighting)
        _write(code, output or Path("-"), "")
        return
    if into is not None:
        if output is not None or form != "yaml":
            raise TunerError("export: --into has no use for --output and --format")
        _write_into(folder, into)
        return
    report = last_report(folder)
    history = read_history(folder, curves=False)
    text = render(history, form, report.parent_run_id if report else None)
    files = {"yaml": Path("best.yaml"), "json": Path("best.json")}
    # A person reads the answer; how it was found is in the file. Programs are handed everything.
    head, mark, _ = text.partition("\nstages:\n") if sys.stdout.isatty() else (text, "", "")
    shown = f"{head}\n" if mark else head
    _write(text, output or files.get(form, Path("-")), shown)
    for sentence in winners(history, study, found_by(directory, storage)):
        typer.echo(f"# {sentence}", err=True)


def _write(text: str, target: Path, shown: str) -> None:
    """Writes a file, and shows what a person wants to see of it; `-` prints all."""
    from tuner.files.atomic import refuse_place, write_whole

    if str(target) == "-":
        typer.echo(text, nl=False)
        return
    refuse_place(target)
    write_whole(target, text)
    typer.echo(shown, nl=False)
    rest = ", with stages and settings" if shown and shown != text else ""
    typer.echo(f"# wrote {target}{rest}", err=True)


def _write_into(folder: Path, file: Path) -> None:
    from tuner.cli.export_into import write_into
    from tuner.journal.history_builder import read_history

    done = write_into(read_history(folder, curves=False), file)
    typer.echo(done.diff, nl=False)
    said = (
        f"wrote {file}, kept as it was in {done.backup}"
        if done.backup
        else f"{file} has them already"
    )
    typer.echo(f"# {said}", err=True)
    for other in done.elsewhere:
        typer.echo(f"# other weights belong into {other}", err=True)

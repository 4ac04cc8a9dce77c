"""`tuner judge`: asks a person which pictures are the better ones, start or best weights."""

from __future__ import annotations

import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import Directory, Study, folder_of
from tuner.cli.sync import sync_with_mlflow
from tuner.errors import StorageError, TunerError
from tuner.errors.threads import Thread

if TYPE_CHECKING:  # these load torch
    from tuner.preference.study import JudgedStudy
    from tuner.results import Preference


def judge(
    study: Study,
    directory: Directory = Path(),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Of the page.")] = 8765,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Of the order; another one each time.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="Write the pairs into a folder instead.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="Read the file of that folder, filled in.")
    ] = None,
) -> None:
    """Ask a person, blind, whether the best pictures look better."""
    from tuner.journal.workspace import Workspace
    from tuner.preference.study import JudgedStudy
    from tuner.runner.resume import alone

    if into is not None and answers is not None:
        raise TunerError("judge: give --into or --answers, not both")
    if seed is not None and answers is not None:
        raise TunerError("judge: --seed does not go with --answers, which names the order itself")
    asks_here = into is None and answers is None
    if asks_here and browser and not sys.stdout.isatty():
        raise TunerError(
            "judge: this is no terminal, so that no browser is opened (--no-browser serves the "
            "page, --into FOLDER writes the pairs instead)"
        )
    folder = folder_of(study, directory)
    judged = JudgedStudy.load(folder)
    order = judged.next_order if seed is None else seed
    if into is not None:
        _write(judged, order, into)
        return
    with alone(Workspace(folder.parent.parent), folder.name):
        if answers is not None:
            for sentence in conclude(judged, judged.answered(answers)):
                typer.echo(sentence)
        else:
            ask(judged, order, port, open_browser=browser)
    _pass_on(folder)


def ask(judged: JudgedStudy, order: int, port: int, *, open_browser: bool) -> None:
    """Serves the page until the person is done.

    Raises:
        StorageError: The port is taken, or a file cannot be written; earlier answers are kept.
    """
    from tuner.preference.page import JudgePage
    from tuner.preference.server import open_server

    page = JudgePage(
        judged.pictures,
        judged.sitting(order),
        judged.keep,
        lambda sitting: conclude(judged, sitting.preference()),
    )
    with open_server(page, port) as server:
        Thread(server.serve_forever).start()
        link = f"http://{server.server_address[0]!s}:{server.server_port}/"
        typer.echo(f"{link}  (until Ctrl-C; answers are kept)")
        if open_browser:
            webbrowser.open(link)
        while not page.over.wait(1):  # an endless wait would not see Ctrl-C on every system
            pass
        server.shutdown()
    if page.failure is not None:
        raise page.failure
    for sentence in page.state()["sentences"]:
        typer.echo(sentence)


def conclude(judged: JudgedStudy, preference: Preference) -> tuple[str, ...]:
    """Records the preference, and says what it is."""
    from tuner.journal.history_builder import read_history
    from tuner.reporting.preference import preference_sentences

    judged.record(preference)
    return preference_sentences(read_history(judged.folder))


def _write(judged: JudgedStudy, order: int, into: Path) -> None:
    from tuner.journal.workspace import Workspace
    from tuner.preference.folder import write_folder

    name = judged.history.study
    file = write_folder(into, name, order, judged.questions(order), judged.pictures)
    workspace = Workspace(judged.folder.parent.parent)
    again = workspace.command("judge", name, "--answers", str(file))
    typer.echo(
        f"Written to {into}: for each pair-NN.png write left, right or same into {file}, twenty or "
        f"more of them, then: {again}"
    )


def _pass_on(folder: Path) -> None:
    """Brings the report up to date, and MLflow where it has the study."""
    from tuner.journal.history_builder import read_history
    from tuner.reporting.page.render import write_report
    from tuner.tracking.sync_state import last_report

    typer.echo(f"The report: {write_report(folder, read_history(folder))}")
    if last_report(folder) is not None:
        with suppress(StorageError):  # `tuner sync` says what is missing
            sync_with_mlflow(folder, None)

"""The application: all commands in the order in which `tuner --help` lists them."""

from __future__ import annotations

import sys

import typer

from tuner.cli.check import check
from tuner.cli.compare import compare
from tuner.cli.diagnose import diagnose
from tuner.cli.export import export
from tuner.cli.init import init
from tuner.cli.judge import judge
from tuner.cli.plan import plan
from tuner.cli.report import report
from tuner.cli.resume import resume
from tuner.cli.run import run
from tuner.cli.show import show
from tuner.cli.status import status
from tuner.cli.stop import stop
from tuner.cli.storage import storage
from tuner.cli.studies import studies
from tuner.cli.submit import submit
from tuner.cli.sync import sync
from tuner.cli.ui import ui
from tuner.cli.worker import worker
from tuner.errors.exits import exit_codes

COMMANDS = (
    *(run, compare, plan, check, status, show, export, report),
    *(diagnose, judge, studies, init, sync, ui),
    *(submit, worker, stop, resume, storage),
)

app = typer.Typer(
    name="tuner",
    help="Cures sepia, purple, gray or neon colorizations: tunes the weights of the loss, one at "
    "a time, and says honestly whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command()(exit_codes()(command))


def run_command() -> None:
    """Runs the command that the words of this process name."""
    try:
        app(prog_name="tuner")
    except SystemExit as ending:
        # Click ends with 2 when an option is wrong. The user can fix that, so it is 1 here.
        sys.exit(1 if ending.code == 2 else ending.code)  # noqa: PLR2004

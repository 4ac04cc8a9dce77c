"""Writes a study's report: one HTML file that needs no other file."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from tuner.files.atomic import refuse_place, write_whole
from tuner.journal.history import StudyHistory
from tuner.reporting.page.facts import facts_of
from tuner.reporting.page.photos import photo_rows
from tuner.reporting.page.plots import plots_of

FILE_NAME = "report.html"
TEMPLATE = "page.html.j2"


def write_report(folder: Path, history: StudyHistory, output: Path | None = None) -> Path:
    """Writes the report of a study, finished or not.

    Args:
        folder: The study's folder, where the pictures are.
        history: What happened.
        output: The file; `report.html` in the study's folder by default.

    Returns:
        The file that was written.

    Raises:
        StorageError: A picture cannot be read, or the file cannot be written.
    """
    path = output or folder / FILE_NAME
    refuse_place(path)
    write_whole(path, render_page(folder, history))
    return path


def render_page(folder: Path, history: StudyHistory) -> str:
    """The report as HTML.

    Raises:
        StorageError: A picture cannot be read.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(TEMPLATE).render(
        facts=facts_of(history),
        photos=photo_rows(folder, history),
        plots=plots_of(history),
        # Plotly made these texts, and escapes their content.
        plotly=Markup(get_plotlyjs()),  # noqa: S704
        drawn=Markup,
    )

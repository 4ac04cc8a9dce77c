"""MLflow's server with one page more, which opens the leaderboard as it is meant.

On a first visit MLflow 3.17 covers a quarter of its page with its Assistant, and keeps columns and
groups in the browser, where only a page of the same server can set them.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

APP = "colorization-tuner"
"""MLflow's name of the server with this page: `mlflow server --app-name colorization-tuner`."""

PATH = "/leaderboard"

MARK = f"{APP}.leaderboard"
"""A text in that page, by which it is told from the page of another server."""


def create_app() -> Any:
    """MLflow's ASGI application; it is made in the server, as its import takes seconds."""
    from mlflow.server import app as pages
    from mlflow.server.fastapi_app import app

    pages.add_url_rule(PATH, "leaderboard", _landing_page)
    return app


def is_installed() -> bool:
    """Whether MLflow can find this server."""
    return APP in entry_points(group="mlflow.app").names


def _landing_page() -> str:
    return Path(__file__).with_name("landing.html").read_text(encoding="utf-8")

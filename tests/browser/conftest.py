"""Chromium, and a finished study for it to look at.

Screenshots are kept in `test-artifacts/screenshots`. To look at a study of one's own instead of
the tiny one: `TUNER_TEST_HOME=FOLDER pytest tests/browser`, with the folder that it was run in.
"""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from tuner.journal.history_builder import read_history

SCREENSHOTS = Path(__file__).parents[2] / "test-artifacts" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NO_BROWSER = (
    "the tests of the pages need Chromium, which was not found (Debian: apt-get install chromium; "
    "elsewhere set CHROMIUM to the program)"
)


@pytest.fixture(scope="module")
def chromium():
    """A browser; its event loop ends with the module, so that no other test meets it."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    # Chromium refuses to be root in its sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=arguments) as browser,
    ):
        yield browser


@pytest.fixture
def screenshot():
    """Keeps what a page looks like, by name."""

    def keep(page, name, **options):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)

    return keep


@pytest.fixture(scope="session")
def shown(request):
    """A finished study: its working directory, folder, name and history."""
    own = os.environ.get("TUNER_TEST_HOME")
    home = Path(own) if own else request.getfixturevalue("finished_home")
    [folder] = [path.parent for path in home.glob("tuner-runs/*/best.yaml")]
    history = read_history(folder)
    return SimpleNamespace(home=home, folder=folder, name=folder.name, history=history)

"""The page on which a person compares pictures, in a real browser."""

from threading import Thread

import pytest
from sample_study import record, squares, whole_study

from tuner.cli.judge import conclude
from tuner.journal.history_builder import read_history
from tuner.journal.pictures import save_squares
from tuner.journal.sample_recorder import GRAY, PHOTO, last_squares
from tuner.preference import study
from tuner.preference.page import JudgePage
from tuner.preference.server import open_server

pytestmark = pytest.mark.xdist_group("browser")
KEYS = {"left": "ArrowLeft", "right": "ArrowRight", "same": " "}


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A study of six photos and one seed on a page: its address, and the page behind it."""
    monkeypatch.setattr(study, "gains_of", lambda pictures, history: {})
    folder = record(tmp_path / "tuner-runs" / "sepia-fix", whole_study())
    photos = squares(6, 96)
    for file in (folder / GRAY, folder / PHOTO, last_squares(folder, 9)):
        save_squares(file, photos)
    save_squares(last_squares(folder, 8), photos // 2)
    judged = study.JudgedStudy.load(folder)
    page = JudgePage(
        judged.pictures, judged.sitting(0), judged.keep,
        lambda sitting: conclude(judged, sitting.preference()),
    )  # fmt: skip
    with open_server(page, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.address, page.folder = f"http://127.0.0.1:{server.server_port}/", folder
        yield page
        server.shutdown()


@pytest.fixture
def opened(chromium, served):
    """The page as a phone shows it, and what the console complained about."""
    context = chromium.new_context(viewport={"width": 400, "height": 800})
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served.address)
    shown(page, "0")
    yield page, complaints
    context.close()


def shown(page, what):
    page.locator(f'main[data-shown="{what}"]').wait_for(state="attached")


def test_a_person_answers_by_keys_and_clicks_and_reads_the_end(opened, served, screenshot):
    page, complaints = opened
    screenshot(page, "judge-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.keyboard.press("g")
    shown(page, "0 gray")
    page.keyboard.press("ArrowLeft")
    shown(page, "1")
    page.keyboard.press("Backspace")
    shown(page, "0")
    for number, asked in enumerate(served.sitting.questions):
        side = "left" if asked.best_is_left else "right"
        if number == 2:
            page.get_by_role("button", name=f"The {side} picture").click()
        else:
            page.keyboard.press(KEYS["same" if number == 1 else side])
        if number + 1 < len(served.sitting.questions):
            shown(page, str(number + 1))
    page.get_by_role("heading", name="Asked blind, a person prefers the best weights").wait_for()
    screenshot(page, "judge-end")
    (found,) = read_history(served.folder).preferences
    assert [pair.choice for pair in found.pairs[:3]] == ["best", "same", "best"]
    assert found.verdict == "better"
    assert complaints == []


def test_it_ends_when_the_person_wants_to(opened, served, screenshot):
    page, _ = opened
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("ArrowDown")
    shown(page, "1")
    screenshot(page, "judge-wide")
    page.get_by_role("button", name="Finish").click()
    page.get_by_text("It is recorded; this page can be closed.").wait_for()
    assert served.over.is_set()

"""MLflow's own pages of a study, on a real server that `tuner ui` started."""

import math
import re
import signal
import socket
from statistics import fmean

import pytest
from playwright.sync_api import expect
from tiny_study import started

from tuner.reporting.claim import describe_claim
from tuner.tracking.leaderboard import weights_label
from tuner.tracking.sync_state import last_report

pytestmark = pytest.mark.xdist_group("browser")
PATIENCE = 60_000.0  # milliseconds; MLflow's first page takes long on a busy machine
ASSISTANT = "Ask questions about your"
"""MLflow opens it over the right quarter of the first page, unless `tuner ui` leads there."""


@pytest.fixture(scope="module")
def link(shown):
    """The link that `tuner ui` prints, for as long as it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["ui", "--study", shown.name, "--no-browser", "--port", port]
    with started(shown.home, *words, PYTHONUNBUFFERED="1") as process:
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def browse(chromium, link):
    """Opens an address below the server's in the one window there is."""
    context = chromium.new_context(viewport={"width": 800, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()

    def go(path=None):
        page.goto(link if path is None else link.partition("/leaderboard")[0] + path)
        return page

    yield go
    context.close()


@pytest.fixture(scope="module")
def claim(shown):
    return describe_claim(shown.history.finished, shown.history.start_weights)


def scores_on(page):
    """What stands in the score column, from top to bottom; one that left early has none."""
    cells = page.locator(".ag-center-cols-container [col-id='metrics.`score`']")
    cells.first.wait_for()
    rows = cells.evaluate_all(
        "all => all.map(e => [Number(e.closest('[row-index]').getAttribute('row-index')),"
        " parseFloat(e.innerText)])"
    )
    return [score for _, score in sorted(rows) if not math.isnan(score)]


def sets_of(history):
    """The trials of each set of weights, those that have a score."""
    scored = {n for n, result in history.results.items() if result.score is not None}
    sets = {tuple(n for n in one if n in scored) for one in history.seeds_alike.values()}
    return sorted(one for one in sets if one)


def mean_of(history, numbers):
    return fmean(history.results[number].score for number in numbers)


def test_the_leaderboard_has_one_row_a_set_of_weights_and_the_best_mean_first(
    browse, shown, claim, screenshot
):
    history, page = shown.history, browse()
    scores = scores_on(page)
    screenshot(page, "mlflow-leaderboard")
    means = {weights_label(history, one[0]): mean_of(history, one) for one in sets_of(history)}
    label, best = min(means.items(), key=lambda pair: pair[1])
    assert scores == pytest.approx(sorted(means.values())[: len(scores)], rel=1e-5)
    assert scores[0] == pytest.approx(best, rel=1e-5)
    first = page.locator("[row-index='0']").first
    assert f"Group: {label}" in first.inner_text()
    assert claim in page.inner_text("body")


def test_score_and_gain_are_in_sight_at_800_pixels_and_the_assistant_is_not(browse):
    page = browse()
    scores_on(page)
    for name in ("score", "gain"):
        header = page.locator(f"[role=columnheader][col-id='metrics.`{name}`']")
        expect(header).to_be_in_viewport(ratio=1)
    expect(page.get_by_text(ASSISTANT)).to_have_count(0)


def test_columns_that_a_person_chose_are_there_at_the_next_visit(browse):
    page = browse()
    scores_on(page)
    kept = "Object.keys(localStorage).find(key => key.includes('ExperimentPage'))"
    page.evaluate(f"localStorage.setItem({kept}, JSON.stringify({{selectedColumns: []}}))")
    browse()
    page.locator("[role=columnheader][col-id='attributes.`Run Name`']").wait_for()
    expect(page.locator("[role=columnheader][col-id='metrics.`gain`']")).to_have_count(0)
    page.evaluate("localStorage.clear()")


def test_the_note_of_the_study_begins_with_the_verdict(browse, shown, claim, screenshot):
    report = last_report(shown.folder)
    page = browse(
        f"/#/experiments/{report.experiment_id}/runs/{report.parent_run_id}"
        "?workflowType=machine_learning"
    )
    page.get_by_text(claim).first.wait_for()
    screenshot(page, "mlflow-study")
    note = page.inner_text("body").partition("Description")[2].strip()
    assert note.startswith(claim)


def move_to(slider, step):
    """Moves MLflow's slider from picture to picture; it begins at the first step."""
    slider.wait_for()
    while (now := slider.get_attribute("aria-valuenow")) != str(step):
        slider.press("ArrowRight")
        expect(slider).not_to_have_attribute("aria-valuenow", now)


def test_a_trial_has_its_pictures_from_its_start_to_its_end(browse, shown, screenshot):
    page = browse()
    scores_on(page)
    page.locator("[row-index='0'] [role=button]").first.click()
    page.locator("[row-index='1'] a").first.click()
    page.locator("img[src*='figures%2Fsamples']").wait_for(state="attached")
    page.get_by_role("tab", name="Model metrics").click()
    page.get_by_placeholder("Search metric charts").fill("samples")
    picture = page.locator("img[src*='samples%2Bstep%2B']")
    slider, steps = page.get_by_role("slider"), next(iter(shown.history.trials.values())).steps
    for step in (0, steps):
        move_to(slider, step)
        expect(picture).to_have_attribute("src", re.compile(rf"samples%2Bstep%2B{step}%2B"))
        seen = "picture => picture.complete && picture.naturalWidth > 100"
        page.wait_for_function(seen, arg=picture.element_handle())
        screenshot(page, f"mlflow-trial-step-{step:06d}")

import re
from html import unescape

import pytest
from sample_study import SPEC, answered, opened, record, whole_study

from tuner.errors import StorageError
from tuner.journal.history_builder import read_history
from tuner.reporting.page.render import render_page, write_report

DRAWN = re.compile(r'<div id="([a-z0-9-]+)" class="plotly-graph-div"')


@pytest.fixture
def page(study_folder):
    return render_page(study_folder, read_history(study_folder))


def body(page):
    """The page without Plotly's own code."""
    return page[: page.index("/**")] + page[page.index("<main>") :]


def test_the_verdict_comes_first(page):
    told = re.sub(r"<style>.*?</style>|<[^>]+>", " ", body(page), flags=re.DOTALL)
    assert " ".join(unescape(told).split()).startswith(
        "sepia-fix: Confirmed on 5 fresh seeds: score 1.41 -> 1.18"
    )
    assert page.index("<h1") < page.index("<dl")


def test_a_remark_stands_apart_from_the_weight_that_it_is_about(page):
    told = " ".join(unescape(re.sub(r"<[^>]+>", "", body(page))).split())
    assert "04 perceptual_weight=0.5 the loss became NaN at step 150" in told


def test_every_section_that_has_data_is_drawn(page):
    assert DRAWN.findall(page) == ["ladder", "response-1", "response-2", "shares"]


def test_the_table_of_weights_tells_what_is_as_good_once_it_is_known(page, tmp_path):
    events = [*list(whole_study())[:-1], answered()]
    told = render_page(tmp_path, read_history(record(tmp_path, events)))
    assert '<td class="number">3 to 6</td>' in told
    assert "share of the gain" in told
    assert "share of the gain" not in page
    assert DRAWN.findall(told) == ["ladder", "ranges", "response-1", "response-2", "shares"]


def test_the_page_needs_no_network(page):
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:)', body(page))


def test_the_page_can_be_mailed(page):
    assert len(page.encode()) < 6_000_000


def test_whatever_a_study_says_is_text(tmp_path):
    evil = "</script><script>alert(1)</script>"
    stages = [{**stage, "because": evil} for stage in SPEC["stages"]]
    spec = {**SPEC, "symptom": evil, "stages": stages}
    events = [opened().model_copy(update={"spec": spec}), *list(whole_study())[1:]]
    page = render_page(tmp_path, read_history(record(tmp_path, events)))
    assert "alert(1)" in page
    assert "<script>alert" not in page


def test_an_unfinished_study_has_a_page_too(tmp_path):
    for end in (1, 2, 12, 30):
        folder = record(tmp_path / str(end), list(whole_study())[:end])
        page = render_page(folder, read_history(folder))
        assert re.search(r'<h1 class="open">Unfinished: \d+ of at most 12 trials', page)


def test_the_report_goes_into_the_studys_folder_or_where_it_is_told_to(study_folder, tmp_path):
    history = read_history(study_folder)
    assert write_report(study_folder, history) == study_folder / "report.html"
    other = tmp_path / "deep" / "mine.html"
    assert write_report(study_folder, history, other) == other
    assert other.read_text() == (study_folder / "report.html").read_text()


def test_a_place_that_cannot_be_written_is_named(study_folder, tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        write_report(study_folder, read_history(study_folder), tmp_path)

"""The report, as the colleague sees it to whom it was mailed."""

import re

import pytest

from tuner.reporting.page.render import write_report

pytestmark = pytest.mark.xdist_group("browser")
WIDTHS = {"wide": 1400, "narrow": 390}

CONTRAST = """() => {
  const light = color => {
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = color.match(/[0-9.]+/g).map(Number).map(part);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.documentElement).backgroundColor);
  const texts = [...document.querySelectorAll(".main-svg text")].map(e => getComputedStyle(e).fill);
  const words = [...document.querySelectorAll("h1, p, li, td, figcaption")]
    .map(e => getComputedStyle(e).color);
  return Math.min(...[...texts, ...words].map(light)
    .map(ink => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)));
}"""
"""The lowest contrast of any text with the page, as WCAG 2.2 defines it."""

SETTLED = """() => [...document.querySelectorAll(".js-plotly-plot")]
  .every(plot => Math.abs(plot._fullLayout.width - plot.clientWidth) < 2)"""
"""Plots are drawn one after the other, and again once they know how wide they are."""


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a report: the page, what the console complained about, and what was asked for."""
    contexts = []

    def open_page(path, width=1400, scheme="light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        contexts.append(context)
        page, complaints, requests = context.new_page(), [], []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.locator(".main-svg").first.wait_for()
        page.wait_for_function(SETTLED)
        return page, complaints, requests

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def report(shown, tmp_path):
    return write_report(shown.folder, shown.history, tmp_path / "report.html")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_quiet_needs_no_network_and_fits_the_screen(
    report, opened, screenshot, width, scheme
):
    page, complaints, requests = opened(report, WIDTHS[width], scheme)
    screenshot(page, f"report-{width}-{scheme}", full_page=True)
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    assert page.evaluate(CONTRAST) >= 4.5


def test_every_plot_is_drawn(report, opened):
    page, _, _ = opened(report)
    room = "plots => plots.every(p => p._fullLayout.width <= p.closest('figure').clientWidth + 1)"
    assert page.eval_on_selector_all(".js-plotly-plot", room)
    asked_for = set(re.findall(r'<div id="([\w-]+)" class="plotly-graph-div"', report.read_text()))
    assert {"ladder", "response-1", "response-2", "tradeoff", "components", "shares"} <= asked_for
    for name in asked_for:
        plot = page.locator(f"#{name}")
        box = plot.locator(".main-svg").first.bounding_box()
        assert min(box["width"], box["height"]) > 100, name
        assert plot.locator(".trace path, .barlayer path").count() > 0, name


def test_no_number_of_an_axis_lies_under_its_title(report, opened):
    """Scores that differ in the fourth digit have long numbers."""
    page, _, _ = opened(report, width=390)
    page.evaluate("Plotly.relayout('response-1', {'yaxis.tickformat': '.5f'})")
    apart = """() => {
      const plot = document.querySelector("#response-1");
      const title = plot.querySelector(".ytitle").getBoundingClientRect();
      return Math.min(...[...plot.querySelectorAll(".ytick text")]
        .map(tick => tick.getBoundingClientRect().left - title.right));
    }"""
    page.wait_for_function(f"({apart})() > 0", timeout=5000)


def test_the_first_screen_answers_four_questions(report, opened):
    for width in (800, 390):
        page, _, _ = opened(report, width)
        asked = page.locator(".answers dt")
        questions = ["Which weights?", "How sure?", "Is it cured?", "What next?"]
        assert asked.all_inner_texts() == questions
        assert asked.last.bounding_box()["y"] < 844  # a phone's height


def test_squares_are_at_least_96_pixels_wide_on_a_phone_too(report, opened):
    page, _, _ = opened(report, 390)
    shown = "all => all.map(i => i.clientWidth / i.style.getPropertyValue('--squares'))"
    assert min(page.eval_on_selector_all(".photos img", shown)) >= 96


def test_the_photos_are_there(report, opened):
    page, _, _ = opened(report)
    widths = page.eval_on_selector_all(".photos img", "all => all.map(i => i.naturalWidth)")
    assert len(widths) >= 3
    assert min(widths) >= 32


def test_a_number_tells_more_when_it_is_pointed_at(report, opened):
    page, complaints, _ = opened(report)
    page.locator("#ladder .points path").last.hover(force=True)
    told = page.locator("#ladder .hoverlayer .hovertext").text_content()
    assert re.match(r"\d\.\d{3}", told)
    assert complaints == []


def test_on_paper_plots_are_as_wide_as_the_paper(report, opened, tmp_path):
    page, complaints, _ = opened(report)
    widths = "[...document.querySelectorAll('.js-plotly-plot')].map(e => e._fullLayout.width)"
    on_screen = page.evaluate(widths)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert max(page.evaluate(widths)) <= 680 < max(on_screen)
    of_rows = "[...document.querySelectorAll('#responses .grid .js-plotly-plot')]"
    assert (
        max(page.evaluate(f"{of_rows}.map(e => e.parentElement.clientHeight)")) <= 190
    )  # two rows share a page with the plot above them
    below = "document.querySelector('#tradeoff').parentElement.clientHeight"
    assert page.evaluate(below) <= 240  # and it with them
    room = "[...document.querySelectorAll('#tradeoff .ytitle')].map(e => e.getBBox().width)"
    assert max(page.evaluate(room)) <= 240 - 54  # its title is not cut
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(widths) == on_screen
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert complaints == []

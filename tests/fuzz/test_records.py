import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import altered, damaged, sentence_or_result, tried
from sample_study import record, whole_study

from tuner.display.pages import print_status, print_study
from tuner.external.curves import CsvLines, CurveReader, JsonLines, from_output
from tuner.external.patching import patched
from tuner.journal.event_json import as_line
from tuner.journal.history_builder import read_history
from tuner.preference.answers_file import read_answers
from tuner.reporting.page.facts import facts_of
from tuner.reporting.tables import status_record, trials_csv, trials_record
from tuner.results.events import CurvePoint
from tuner.spec.trainer import SetSpec
from tuner.tracking.pages import study_note

LINES = [as_line(event, 1.7e9).encode() for event in whole_study()]
HEADER = b'{"journal": 1}'
NUMBERS = b'{"step": 1, "loss": 0.5}\n{"epoch": 2, "loss": 0.25, "x": [1]}\n{"loss": 1e308}\n'
ROWS = b'step,loss\n1,0.5\n2,"0,25"\n3,nan\n'
OUTPUT = b"step 1: loss 0.5\rstep 2: loss nan\nstep 3: loss 1,000\n"
SOURCES = {
    "yaml": b"a: {b: 1.0}\nc: [1, 2]\n", "json": b'{"a": {"b": 1.0}, "c": []}\n',
    "toml": b"[a]\nb = 1.0\n", "py": b"B = 1.0\nclass A:\n    b = 1.0\nf(b=1.0)\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


def read_and_show(folder, *lines):
    """Reads a journal, and makes everything that shows it."""
    (folder / "journal.jsonl").write_bytes(b"\n".join([*lines, b""]))
    with sentence_or_result():
        history = read_history(folder)
        print_status(history, stream=io.StringIO())
        print_study(history, stream=io.StringIO())
        facts_of(history)
        status_record(history), trials_csv(history), trials_record(history)
        study_note(history, "", alive=False)


@tried
@given(lines=st.lists(damaged(*LINES, most=1) | st.sampled_from(LINES), max_size=12),
       header=damaged(HEADER) | st.just(HEADER))  # fmt: skip
def test_a_damaged_journal_is_read_or_refused(folder, lines, header):
    read_and_show(folder, header, LINES[0], *lines)


@tried
@given(lines=st.lists(altered(*LINES) | st.sampled_from(LINES), max_size=12))
def test_a_journal_with_odd_values_is_read_or_refused(folder, lines):
    read_and_show(folder, HEADER, LINES[0], *lines)


@tried
@given(content=damaged(NUMBERS), rows=damaged(ROWS), output=damaged(OUTPUT))
def test_numbers_of_a_script_are_read_or_passed_over(folder, content, rows, output):
    told: list[CurvePoint] = []
    curve = CurveReader(0, 100, told.append, steps_per_epoch=7)
    with sentence_or_result():
        for name, text, source in (("m.jsonl", content, JsonLines), ("m.csv", rows, CsvLines)):
            (folder / name).write_bytes(b"")
            numbers = source(folder / name)
            (folder / name).write_bytes(text)
            for row in numbers.new(ended=True):
                curve.take(row)
        on_line = from_output(r"step (?P<step>\S+): loss (?P<loss>\S+)", curve.take)
        for line in output.decode(errors="replace").splitlines():
            on_line(line)
        for point in told:
            as_line(point, 0.0)


@tried
@given(ending=st.sampled_from(sorted(SOURCES)), data=st.data())
def test_options_are_changed_or_refused(folder, ending, data):
    path = folder / f"options.{ending}"
    path.write_bytes(data.draw(damaged(SOURCES[ending])))
    places = (
        {"constants": {"B": "{weights.b}"}} if ending == "py" else {"keys": {"a.b": "{weights.b}"}}
    )
    with sentence_or_result():
        patched(SetSpec(file=path.name, **places), folder, {"weights.b": "2.0"})


@tried
@given(content=damaged(b"study,order,pair,answer\nmine,7,1,first\nmine,7,2,\n"))
def test_answers_are_read_or_refused(folder, content):
    (folder / "answers.csv").write_bytes(content)
    with sentence_or_result():
        read_answers(folder / "answers.csv", "mine", 2)


def test_what_was_damaged_here_is_read_where_it_is_sound(tmp_path):
    assert read_history(record(tmp_path, whole_study())).finished is not None

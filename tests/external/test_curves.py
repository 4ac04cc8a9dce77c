import os
from pathlib import Path

import pytest

from tuner.external import curves
from tuner.external.curves import CsvLines, CurveReader, JsonLines, as_number, from_output


@pytest.fixture
def told():
    return []


@pytest.fixture
def curve(told):
    return CurveReader(3, 100, told.append, steps_per_epoch=10)


def points(told):
    return [
        (
            point.number,
            point.step,
            {name.removeprefix("own/"): v for name, v in point.values.items()},
        )
        for point in told
    ]


def test_numbers_of_a_step_become_a_point(curve, told):
    curve.take({"step": 5, "loss": 0.5, "name": "x", "ok": True, "none": None})
    assert points(told) == [(3, 5, {"loss": 0.5})]


@pytest.mark.parametrize(
    ("record", "step"),
    [
        ({"step": "1,000"}, 1000),
        ({"global_step": 7.0}, 7),
        ({"iter": 7}, 7),
        ({"epoch": 3}, 30),
        ({"epoch": 3, "step": 4}, 4),
        ({}, 1),
        ({"step": "nan"}, 1),
        ({"step": -5}, 0),
    ],
)
def test_the_step_is_found_by_its_usual_names(curve, told, record, step):
    curve.take({**record, "loss": 1})
    assert told[0].step == step


def test_without_the_length_of_an_epoch_records_are_counted(told):
    curve = CurveReader(0, 100, told.append)
    for epoch in (5, 6):
        curve.take({"epoch": epoch, "loss": 1})
    assert [point.step for point in told] == [1, 2]


def test_a_curve_is_thinned_to_what_a_plot_can_show(told, monkeypatch):
    monkeypatch.setattr(curves, "MOST_POINTS", 10)
    curve = CurveReader(0, 1000, told.append)
    for step in range(1000):
        curve.take({"step": step, "loss": step})
    assert len(told) == 10
    assert curve.last == {"loss": 999.0}


def test_each_number_is_thinned_by_itself(told, monkeypatch):
    monkeypatch.setattr(curves, "MOST_POINTS", 10)
    curve = CurveReader(0, 100, told.append)
    curve.take({"step": 1, "a": 1})
    curve.take({"step": 2, "a": 1, "b": 2})
    assert points(told) == [(0, 1, {"a": 1.0}), (0, 2, {"b": 2.0})]


def test_what_is_not_finite_is_remembered_and_not_drawn(curve, told):
    curve.take({"step": 1, "loss": "nan"})
    assert told == []
    assert str(curve.last["loss"]) == "nan"


def test_names_are_such_as_mlflow_takes(curve, told):
    curve.take({"step": 1, "l(ab) λ%": 1})
    assert dict(told[0].values) == {"own/l_ab_ λ_": 1.0}


def test_a_file_of_json_is_read_as_far_as_it_is_whole(tmp_path):
    file = tmp_path / "log.jsonl"
    source = JsonLines(file)
    assert list(source.new()) == []
    file.write_text('{"step": 1}\nnonsense\n[1]\n{"step"')
    assert list(source.new()) == [{"step": 1}]
    with file.open("a") as more:
        more.write(': 2}\n{"step": 3}')
    assert list(source.new()) == [{"step": 2}]
    assert list(source.new(ended=True)) == [{"step": 3}]
    assert list(source.new(ended=True)) == []


def test_what_an_earlier_run_wrote_is_passed_over(tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_text('{"step": 1}\n{"step": 2}\n')
    source = JsonLines(file)
    with file.open("a") as more:
        more.write('{"step": 3}\n')
    assert list(source.new()) == [{"step": 3}]
    file.write_text('{"step": 4}\n')
    assert list(source.new()) == [{"step": 4}]


def test_a_file_of_columns_is_read_too(tmp_path):
    file = tmp_path / "log.csv"
    source = CsvLines(file)
    file.write_text("step, loss\n1,0.5\n")
    assert list(source.new()) == [{"step": "1", "loss": "0.5"}]
    with file.open("a") as more:
        more.write("step, loss\n2,0.25,extra\n3")
    assert list(source.new(ended=True))[-1] == {"step": "3"}


def test_columns_keep_their_names_where_a_run_appends(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("step, loss\n1,0.5\n")
    source = CsvLines(file)
    with file.open("a") as more:
        more.write("step, loss\n2,0.25\n")
    assert list(source.new()) == [{"step": "2", "loss": "0.25"}]


def test_named_groups_are_taken_from_the_output():
    taken = []
    on_line = from_output(r"iter: (?P<step>[\d,]+) l_pix: (?P<l_pix>\S+)", taken.append)
    on_line("[epoch: 0, iter: 1,200 l_pix: 3.4e-02")
    on_line("nothing of interest")
    assert taken == [{"step": "1,200", "l_pix": "3.4e-02"}]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1,234.5", 1234.5),
        (" 2 ", 2.0),
        (3, 3.0),
        (True, None),
        ("x", None),
        (None, None),
        ([], None),
    ],
)
def test_numbers_are_read_as_programs_print_them(value, number):
    assert as_number(value) == number


@pytest.mark.parametrize(
    ("epochs", "steps"),
    [([0], [10]), ([0, 1, 2], [10, 20, 30]), ([1, 2, 3], [10, 20, 30]), ([0.5, 1.0], [5, 10])],
)
def test_epochs_that_are_counted_from_zero_end_where_those_from_one_do(epochs, steps):
    heard = []
    curve = CurveReader(7, steps[-1], heard.append, steps_per_epoch=10)
    for epoch in epochs:
        curve.take({"epoch": epoch, "loss": 1.0})
    assert [point.step for point in heard] == steps


def test_an_evaluation_before_the_first_epoch_is_no_epoch_more():
    heard = []
    curve = CurveReader(7, 20, heard.append, steps_per_epoch=10)
    for epoch in (0, 1, 2):
        curve.take({"epoch": epoch, "loss": 1.0})
    assert heard[-1].step == 20


def test_the_first_step_of_a_number_that_is_not_finite_is_kept():
    curve = CurveReader(7, 20, lambda _event: None)
    for step, loss in ((1, "0.5"), (2, "nan"), (3, "inf")):
        curve.take({"step": step, "loss": loss})
    assert curve.not_finite == {"loss": 2}


def test_a_line_without_end_is_passed_over_once(tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "LONGEST_LINE", 16)
    path = tmp_path / "m.jsonl"
    lines = JsonLines(path)
    path.write_text('{"a": 1}\n' + "x" * 40)
    assert list(lines.new()) == [{"a": 1}]
    with path.open("a") as file:
        file.write("y" * 40 + '\n{"a": 2}\n')
    assert list(lines.new()) == [{"a": 2}]
    with path.open("a") as file:
        file.write("z" * 16 + '\n{"a": 3}')
    assert list(lines.new(ended=True)) == [{"a": 3}]


def test_what_is_no_file_of_numbers_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        assert list(JsonLines(place).new(ended=True)) == []
        assert list(CsvLines(place).new(ended=True)) == []


def test_nested_brackets_and_large_cells_end_no_other_line(tmp_path):
    rows, records = tmp_path / "m.csv", tmp_path / "m.jsonl"
    numbers, objects = CsvLines(rows), JsonLines(records)
    rows.write_text(f'step,loss\n1,"{"9" * 200_000}"\n2,"0.5\n3,0.4\r4,0.3\n')
    records.write_text(f'{"[" * 100_000}\n{{"a": 1}}\n')
    assert list(numbers.new())[-2:] == [{"step": "3", "loss": "0.4"}, {"step": "4", "loss": "0.3"}]
    assert list(objects.new()) == [{"a": 1}]


def test_steps_beyond_the_plan_are_told_ever_more_rarely(told, monkeypatch):
    monkeypatch.setattr(curves, "MOST_POINTS", 10)
    curve = CurveReader(0, 10, told.append)
    for step in range(10_000):
        curve.take({"step": step, "loss": 1})
    assert 80 < len(told) < 120
    curve.take({"step": 1e300, "loss": 2})
    assert told[-1].step == 2**53


def test_names_without_end_are_not_kept(told, monkeypatch):
    monkeypatch.setattr(curves, "MOST_NAMES", 3)
    curve = CurveReader(0, 10, told.append)
    for number in range(9):
        curve.take({f"loss {number}": number})
    curve.take({"loss 0": 7})
    assert curve.last == {"loss 0": 7.0, "loss 1": 1.0, "loss 2": 2.0}

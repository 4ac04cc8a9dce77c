import json

import pytest
from torch.utils.tensorboard import SummaryWriter

from tuner.external.curves import CurveReader
from tuner.external.numbers import Numbers
from tuner.external.script_api import REPORTS
from tuner.spec.trainer import MetricsSpec


@pytest.fixture
def out(tmp_path):
    """A trial's folder, whose name a pattern would take for something else."""
    place = tmp_path / "out [1]"
    place.mkdir()
    return place


def followed(out, told, write=lambda: None, **places):
    """What was found in a place, after something was written there."""
    asked = MetricsSpec(**places) if places else None
    curve = CurveReader(0, 100, told.append, steps_per_epoch=10)
    numbers = Numbers(asked, out, out.parent, {"out": str(out)}, curve)
    write()
    if numbers.on_line is not None:
        numbers.on_line("step 3 loss 0.5")
    numbers.read_new()
    numbers.read_new(ended=True)
    return numbers


def points(told):
    return [(point.step, dict(point.values)) for point in told]


def log(folder, **scalars):
    with SummaryWriter(folder) as writer:
        for tag, value in scalars.items():
            writer.add_scalar(tag, value, 3)


@pytest.mark.parametrize(
    ("places", "write", "step"),
    [
        ({"jsonl": "{out}/a"}, lambda out: (out / "a").write_text('{"step":3,"loss":0.5}'), 3),
        ({"csv": "{out}/a"}, lambda out: (out / "a").write_text("epoch,loss\n3,0.5"), 30),
        ({"stdout": r"step (?P<step>\d) loss (?P<loss>\S+)"}, lambda out: out, 3),
        ({"tensorboard": "{out}/tb"}, lambda out: log(out / "tb", loss=0.5), 3),
        ({"tensorboard": "{out}/*"}, lambda out: log(out / "tb", loss=0.5), 3),
        ({"tensorboard": "out*/tb"}, lambda out: log(out / "tb", loss=0.5), 3),
        ({"tensorboard": "{out}", "counts": "epochs"}, lambda out: log(out, loss=0.5), 30),
    ],
)
def test_numbers_are_found_wherever_they_may_stand(out, places, write, step):
    told = []
    numbers = followed(out, told, lambda: write(out), **places)
    assert points(told) == [(step, {"own/loss": 0.5})]
    assert numbers.missing_numbers == ""


@pytest.mark.parametrize(
    ("places", "write", "told"),
    [
        ({"jsonl": "{out}/a"}, lambda _: None, "there is no file '{out}/a'"),
        ({"csv": "{out}/a"}, lambda _: None, "there is no file '{out}/a'"),
        ({"jsonl": "{out}/a"}, lambda out: (out / "a").write_text('{"step": 3}'),
         "no line of '{out}/a' has any"),
        ({"stdout": r"Step (?P<step>\d) loss (?P<loss>\S+)"}, lambda _: None,
         "no line of the output matches with a number"),
        ({"stdout": r"step (?P<step>\d) loss (?P<loss>x?)"}, lambda _: None,
         "no line of the output matches with a number"),
        ({"tensorboard": "{out}/tb"}, lambda _: None, "no event files in '{out}/tb'"),
        ({"tensorboard": "{out}/tb"}, lambda out: (out / "tb").mkdir(),
         "no event files in '{out}/tb'"),
        ({"tensorboard": "{out}/tb"}, lambda out: log(out / "logs" / "version_0", loss=1),
         "no event files in '{out}/tb' (there are some in '{out}/logs/version_0')"),
        ({"tensorboard": "tb"}, lambda out: log(out, loss=1),
         "no event files in 'tb' (there are some in '{out}')"),
        ({"tensorboard": "{out}/tb"}, lambda out: log(out / "tb"),
         "the event files in '{out}/tb' have no scalars"),
    ],
)  # fmt: skip
def test_where_there_are_none_it_says_what_there_is(out, places, write, told):
    numbers = followed(out, [], lambda: write(out), **places)
    assert numbers.missing_numbers == f"trainer.metrics found no numbers: {told}"


def test_reports_are_taken_too_and_break_no_silence(out):
    told = []
    report = json.dumps({"step": 5, "loss": 1})
    numbers = followed(
        out, told, lambda: (out / REPORTS).write_text(report + "\n"), tensorboard="{out}"
    )
    assert points(told) == [(5, {"own/loss": 1.0})]
    assert numbers.missing_numbers == "trainer.metrics found no numbers: no event files in '{out}'"


def test_without_a_place_nothing_is_missed(out):
    assert followed(out, []).missing_numbers == ""

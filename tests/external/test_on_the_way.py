import numpy as np
import pytest
from external_studies import PYTHON_FIRST, write_study
from PIL import Image

from tuner.external.heldout import Heldout
from tuner.external.on_the_way import MetricCourse, PictureCourse, goals_of
from tuner.external.trainer import ExternalTrainer
from tuner.results import Evaluation, Trial
from tuner.results.events import TrialFinished
from tuner.spec.objective import ObjectiveSpec
from tuner.spec.study_file import load_study

HELDOUT = Heldout(
    names=("beach", "cat"), photos=(0, 1), squares=np.zeros((2, 32, 32, 3), np.uint8),
    originals={}, others=frozenset(), folders={}, digest="", summary="", left_out=(), usable=2,
)  # fmt: skip
TRIAL = Trial(weights={"a": 1.0}, seed=1, steps=80, role="candidate", number=7)


def course(direction="minimize"):
    return MetricCourse(TRIAL, ObjectiveSpec(metric="error", direction=direction))


def seen(one):
    return [(each.step, each.score) for each in one.read()]


def test_goals_are_the_shares_of_the_built_in_trainer():
    assert goals_of(TRIAL) == [10, 20, 40]
    assert goals_of(TRIAL.model_copy(update={"steps": 2})) == [1]
    assert goals_of(TRIAL.model_copy(update={"steps": 1})) == []


def test_the_first_value_at_or_after_each_share_counts():
    one = course()
    for step in range(0, 81, 8):
        one.take(step, {"error": float(step), "loss": -1.0})
    assert seen(one) == [(16, 16.0), (24, 24.0), (40, 40.0)]


def test_a_script_that_reports_seldom_has_fewer_evaluations_and_none_at_its_end():
    one = course()
    for step in (30, 60, 80):
        one.take(step, {"error": float(step)})
    assert seen(one) == [(30, 30.0), (60, 60.0)]


def test_more_of_a_metric_is_better_where_it_is_maximized():
    one = course("maximize")
    one.take(10, {"error": 5.0})
    assert seen(one) == [(10, -5.0)]


@pytest.mark.parametrize("numbers", [{}, {"loss": 1.0}, {"error": float("nan")}])
def test_a_step_without_the_metric_is_no_evaluation(numbers):
    one = course()
    one.take(10, numbers)
    assert seen(one) == []


def pictures(pattern, folder):
    def judge(trial, step, squares):
        return Evaluation(step=step, score=float(squares.mean()), ab_slope=0.0)

    return PictureCourse(TRIAL, pattern, folder, {"steps": "80"}, HELDOUT, judge)


def left(folder, names, step, value):
    for name in names:
        Image.new("RGB", (32, 32), (value,) * 3).save(folder / f"{name}_{step}.png")


def test_predictions_after_a_share_of_the_steps_are_scored_once_they_are_all_there(tmp_path):
    one = pictures("*_{steps}.png", tmp_path)
    left(tmp_path, HELDOUT.names[:1], 20, 9)
    assert seen(one) == []
    left(tmp_path, HELDOUT.names, 20, 9)
    (tmp_path / f"{HELDOUT.names[0]}_20.png").write_bytes(b"\x89PNG half")
    assert seen(one) == []
    left(tmp_path, HELDOUT.names, 20, 9)
    assert seen(one) == [(20, 9.0)]
    left(tmp_path, HELDOUT.names, 40, 5)
    left(tmp_path, HELDOUT.names, 80, 1)
    assert seen(one) == [(20, 9.0), (40, 5.0)]


def test_predictions_that_an_earlier_trial_has_left_are_not_scored(tmp_path):
    left(tmp_path, HELDOUT.names, 20, 9)
    one = pictures("*_{steps}.png", tmp_path)
    assert seen(one) == []
    left(tmp_path, HELDOUT.names, 20, 7)
    assert seen(one) == [(20, 7.0)]


def test_a_pattern_without_steps_says_nothing_on_the_way(tmp_path):
    left(tmp_path, HELDOUT.names, 20, 9)
    assert seen(pictures("*_20.png", tmp_path)) == []


REPORTING = """\
import signal, sys
import tuner
a, seed = float(sys.argv[1]), int(sys.argv[2])
for step in (5, 10, 20):
    tuner.report(step, {"error": abs(a - 4) * 40 / step + seed / 100})
if a == 64:
    signal.pause()
tuner.report(40, {"error": abs(a - 4) + seed / 100})
"""


def test_a_script_that_is_clearly_behind_by_its_own_metric_is_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", PYTHON_FIRST["PATH"])
    monkeypatch.setattr("tuner.external.process.PULSE_SECONDS", 0.05)
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path, REPORTING, trainer={"steps": 40})
    events, asked = [], []

    def prune(running):
        [one] = running
        asked.append((one.trial.number, [each.step for each in one.evaluations]))
        behind = one.evaluations[-1].score > 100 and one.evaluations[-1].step == 10
        return {one.trial.number: "it was far behind"} if behind else {}

    trainer = ExternalTrainer(
        load_study("own.yaml"), tmp_path / "runs", tmp_path / "cache", {}, events.append,
        lambda *_views: None, lambda *_reading: None,
    )  # fmt: skip
    trials = [
        TRIAL.model_copy(update={"weights": {"a": a}, "steps": 40, "number": number})
        for number, a in enumerate((3.0, 64.0))
    ]
    whole, early = trainer.train(trials, prune)
    assert [one.step for one in whole.evaluations] == [5, 10, 20, 40]
    assert (early.status, early.reason, early.score) == ("pruned", "it was far behind", None)
    assert [one.step for one in early.evaluations] == [5, 10]
    assert asked[-2:] == [(1, [5]), (1, [5, 10])]
    assert isinstance(events[-1], TrialFinished)

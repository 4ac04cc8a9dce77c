import pytest

from tuner import run_study
from tuner.errors import StudyChanged, StudyFileError
from tuner.journal.history_builder import read_history
from tuner.runner.within_hours import refuse_hours_without_pace, within_hours
from tuner.spec.study import StudySpec
from tuner.training.pace import Pace

STAGE = {"vary": "ab", "values": [0.5, 2.0, 3.0, 4.0, 5.0]}


def asked(hours=8.0, **parts):
    return StudySpec(
        study="night", weights={"ab": 1.0}, stages=(STAGE,), budget={"hours": hours}, **parts
    )


def never(_spec, _cache):
    raise AssertionError("the time of a step was measured again")


def scores(trials):
    return [abs(trial.weights["ab"] - 2.0) for trial in trials]


@pytest.fixture
def slow(monkeypatch):
    pace = Pace(step_seconds=0.7, evaluation_seconds=1.0, threads=1, device="cpu")
    monkeypatch.setattr("tuner.training.pace.measure_pace", lambda _spec, _cache: pace)


def test_a_study_that_goes_on_keeps_what_was_fitted(slow, tmp_path, monkeypatch):
    said = []
    planned = within_hours(asked(24), None, tmp_path, said.append)
    assert said[0] == "timing steps of this study, to plan what fits into 24 h"
    assert said[1].startswith("Planned for 24 h: ")
    assert len(planned.stages[0].values) < len(STAGE["values"])
    run_study(planned, scores, tmp_path)
    monkeypatch.setattr("tuner.training.pace.measure_pace", never)
    earlier = read_history(tmp_path / "tuner-runs" / "night")
    again = within_hours(asked(24), earlier, tmp_path, said.append)
    assert again == planned
    run_study(again, scores, tmp_path)
    with pytest.raises(StudyChanged, match="begun with other settings"):
        run_study(asked(None), scores, tmp_path)


@pytest.mark.parametrize(
    ("spec", "alone", "reason"),
    [
        (asked(), False, "for one machine that trains alone"),
        (asked(trainer={"kind": "function", "entry": "a:b"}), True, "your own trainer"),
    ],
)
def test_hours_that_cannot_be_measured_are_refused(spec, alone, reason):
    with pytest.raises(StudyFileError, match=f"budget.hours: .*{reason}.*; leave it out"):
        refuse_hours_without_pace(spec, alone=alone)


def test_a_function_in_place_of_training_has_no_hours():
    with pytest.raises(StudyFileError, match="a step is only measured"):
        run_study(asked(), scores)

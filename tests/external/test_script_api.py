import json

import pytest

import tuner
from tuner.errors import TrainerError
from tuner.external.script_api import REPORTS


@pytest.fixture
def inside(monkeypatch, tmp_path):
    def put(weights):
        monkeypatch.setenv("TUNER_WEIGHTS", json.dumps(weights))
        monkeypatch.setenv("TUNER_OUT", str(tmp_path))
        monkeypatch.delenv("RANK", raising=False)
        return tmp_path / REPORTS

    return put


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    for name in ("TUNER_WEIGHTS", "TUNER_OUT"):
        monkeypatch.delenv(name, raising=False)


def test_outside_a_study_the_weights_stay_as_they_are():
    own = {"l1": 100.0, "gan": 1}
    assert tuner.weights(own) == own
    assert tuner.weights(own) is not own


def test_inside_they_are_those_of_the_trial_and_others_stay(inside):
    inside({"l1": 10.0})
    assert list(tuner.weights({"gan": 1.0, "l1": 100.0}).items()) == [("gan", 1.0), ("l1", 10.0)]


def test_a_weight_that_the_script_does_not_know_is_told_with_both_sets(inside):
    inside({"l1": 10.0, "ssim": 2.0})
    with pytest.raises(TrainerError) as refused:
        tuner.weights({"l1": 1.0, "gan": 1.0})
    assert str(refused.value) == (
        "tuner.weights: the script does not know 'ssim'; the study has 'l1' and 'ssim', the script "
        "has 'l1' and 'gan'"
    )
    with pytest.raises(TrainerError, match="the script has no weights"):
        tuner.weights({})


def test_outside_nothing_is_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tuner.report(1, {"loss": 2.0})
    assert list(tmp_path.iterdir()) == []


def test_inside_a_report_is_a_line(inside):
    file = inside({})
    tuner.report(1, {"loss": 2})
    tuner.report(2, {"loss": float("nan"), "lr": "1e-3"})
    first, second = map(json.loads, file.read_text().splitlines())
    assert first == {"loss": 2.0, "step": 1}
    assert second["lr"] == 0.001


def test_of_several_processes_the_first_one_speaks(inside, monkeypatch):
    file = inside({})
    monkeypatch.setenv("RANK", "1")
    tuner.report(1, {"loss": 2})
    assert not file.exists()

import json
from functools import partial

import pytest
import yaml

from tuner.cli.compare import compare
from tuner.errors import StudyChanged, StudyFileError, StudyNotFound
from tuner.journal.history_builder import read_history
from tuner.runner.run import run_study


def score(trials):
    """Best at `ab_weight` 4; trainings scatter by a tenth of what 2 and 4 differ by."""
    return [
        abs(trial.weights["ab_weight"] - 4) / 10
        + (trial.seed * 7 + round(30 * trial.weights["l_weight"])) % 5 / 500
        for trial in trials
    ]


@pytest.fixture
def compared(tmp_path, monkeypatch, capsys):
    """Compares with scores that stand in for training; exit code and output."""
    monkeypatch.chdir(tmp_path)

    def run(first, second, *, evaluate=score, **options):
        monkeypatch.setattr("tuner.runner.run.run_study", partial(run_study, evaluate=evaluate))
        with pytest.raises(SystemExit) as ended:
            compare(first, second, **{"study": "sepia-fix", "record": False, **options})
        return ended.value.code, capsys.readouterr().out

    return run


def weights_in(path, **weights):
    path.write_text(yaml.safe_dump(weights))
    return path.name


def test_the_exit_code_is_the_answer(compared, tmp_path):
    better = weights_in(tmp_path / "better.yaml", ab_weight=4)
    code, shown = compared("start", better)
    assert code == 0
    assert "better is better than start on 3 seeds: score" in shown
    code, shown = compared(better, "start")
    assert code == 5
    assert "start is worse than better on 3 seeds: score" in shown


def test_what_noise_hides_is_no_difference(compared, tmp_path):
    other = weights_in(tmp_path / "other.yaml", l_weight=0.9)
    code, shown = compared("start", other, seeds=6)
    assert code == 4
    assert "No difference between start and other that counts on 6 seeds" in shown


def test_a_difference_within_the_margin_stops_early_and_does_not_count(compared, tmp_path):
    better = weights_in(tmp_path / "better.yaml", ab_weight=4)
    code, shown = compared("start", better, margin=1.0)
    assert code == 4
    assert "on 3 seeds" in shown


def test_a_program_reads_json_and_nothing_else(compared, tmp_path):
    better = weights_in(tmp_path / "better.yaml", ab_weight=4)
    record = json.loads(compared("start", better, as_json=True)[1])
    assert record["verdict"] == "better"
    assert record["exit_code"] == 0
    assert record["b"]["weights"]["ab_weight"] == 4
    assert record["comparison"]["low"] > 0


def test_the_same_command_again_trains_nothing(compared, tmp_path):
    better = weights_in(tmp_path / "better.yaml", ab_weight=4)
    compared("start", better)

    def never(trials):
        raise AssertionError(f"{len(trials)} trials were trained again")

    assert compared("start", better, evaluate=never)[0] == 0
    history = read_history(tmp_path / "tuner-runs" / "better-against-start")
    assert history.finished.compared == ("start", "better")
    assert len(history.results) == 6


def test_an_interrupted_comparison_goes_on(compared, tmp_path, monkeypatch):
    better = weights_in(tmp_path / "better.yaml", l_weight=0.9)
    rounds = []

    def broken(trials):
        rounds.append(len(trials))
        if len(rounds) > 1:
            raise KeyboardInterrupt
        return score(trials)

    monkeypatch.setattr("tuner.runner.run.run_study", partial(run_study, evaluate=broken))
    with pytest.raises(KeyboardInterrupt):
        compare("start", better, study="sepia-fix", record=False, seeds=6)
    trained = []
    compared("start", better, seeds=6, evaluate=lambda t: trained.extend(t) or score(t))
    assert len(trained) == 6


def test_an_exported_file_brings_its_study_along(compared, tmp_path):
    (tmp_path / "best.yaml").write_text(
        yaml.safe_dump({"study": "sepia-fix", "weights": {"ab_weight": 4}, "improvement": {}})
    )
    assert compared("start", "best.yaml", study=None)[0] == 0


def refused(error, first, second, **options):
    with pytest.raises(error) as caught:
        compare(first, second, **options)
    return str(caught.value)


def test_mistakes_get_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = weights_in(tmp_path / "wrong.yaml", ab_weigt=4)
    assert "unknown weight 'ab_weigt' (did you mean 'ab_weight'?)" in refused(
        StudyFileError, "start", wrong, study="sepia-fix"
    )
    assert "there is no file 'none.yaml'" in refused(StudyNotFound, "start", "none.yaml")
    assert "(did you mean 'balanced'?)" in refused(StudyNotFound, "start", "balancd")
    assert "Name it with --study" in refused(StudyNotFound, "legacy", "balanced")
    assert "are the same weights" in refused(StudyFileError, "legacy", "legacy", study="sepia-fix")
    text = weights_in(tmp_path / "text.yaml", ab_weight="high")
    assert "ab_weight: got 'high', expected a number" in refused(
        StudyFileError, "start", text, study="sepia-fix"
    )


def test_studies_that_differ_in_more_than_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = {"perceptual_weight": 1.0, "ab_weight": 2.0}
    parts = {"weights": weights, "stages": [{"vary": "ab_weight", "values": [4]}]}
    for name, steps in (("one", 100), ("two", 200)):
        document = {"study": name, **parts, "trainer": {"steps": steps}}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document))
    assert "more than weights (trainer.steps: 100 -> 200)" in refused(
        StudyChanged, "one.yaml", "two.yaml"
    )

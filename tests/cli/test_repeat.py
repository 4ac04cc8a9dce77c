import shutil
import signal
import sys

import pytest
import yaml
from faults.studies import TRAINED

from tuner.cli import main
from tuner.cli.repeat import load_original
from tuner.errors import StorageError, StudyFileError, TunerError
from tuner.journal.history_builder import read_history
from tuner.reporting.export import best_yaml


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A working directory with a study that was trained, and its best.yaml."""
    home = tmp_path_factory.mktemp("original")
    TRAINED.prepare(home)
    TRAINED.go_on(home, lambda _event: None, lambda _sentence: None)
    (home / "best.yaml").write_text(best_yaml(read_history(home / "tuner-runs" / "small")))
    return home


@pytest.fixture
def here(finished, tmp_path, monkeypatch, capsys):
    """Another working directory with the same photos; runs a command there, in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tuner", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    shutil.copytree(finished / "photos", tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tuner.training.prepare.cores", lambda: 1)
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in signals]
    yield run
    for number, handler in zip(signals, before, strict=True):
        signal.signal(number, handler)


def scores_in(folder):
    results = read_history(folder).results
    return {number: (one.score, dict(one.measures)) for number, one in results.items()}


def test_a_study_repeats_itself_to_the_last_bit_from_its_best_yaml(here, finished, tmp_path):
    code, said, complaints = here("run", "--from", finished / "best.yaml", "--no-record")
    assert (code, complaints) == (0, "")
    assert f"Repeated: weights, scores and claim are those of {finished / 'best.yaml'}" in said
    original = scores_in(finished / "tuner-runs" / "small")
    assert len(original) > 6
    assert scores_in(tmp_path / "tuner-runs" / "small-repeat") == original


def test_a_repetition_that_differs_says_in_what_and_names_other_versions(finished, tmp_path):
    content = yaml.safe_load((finished / "best.yaml").read_text())
    content["weights"]["ab_weight"] = 77.0
    content["provenance"]["torch"] = "1.0"
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(content))
    original = load_original(tmp_path / "best.yaml", None)
    told = r"differs from .*best\.yaml in 'weights' \(torch 1\.0 -> "
    with pytest.raises(TunerError, match=told):
        original.compared_with(finished / "tuner-runs" / "small")


def test_hours_are_not_fitted_again_and_photos_may_have_moved(finished, tmp_path):
    content = yaml.safe_load((finished / "best.yaml").read_text())
    content["provenance"]["settings"]["budget"]["hours"] = 8.0
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(content))
    spec = load_original(tmp_path / "best.yaml", "elsewhere").spec
    assert (spec.budget.hours, spec.data.photos) == (None, "elsewhere")


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("weights: {ab: 1.0}\n", StorageError, "it holds no 'provenance.settings'"),
        ("- 1\n", StorageError, "it holds no 'provenance.settings'"),
        ("weights: {ab: 1, ab: 2}\n", StudyFileError, r"best.yaml:1: .*twice"),
        ("a: [", StudyFileError, r"best.yaml:1: not valid YAML"),
        ("provenance: {settings: {study: x}}\n", StorageError, "recorded by another version"),
    ],
)
def test_what_holds_no_study_is_refused(text, error, told, tmp_path):
    (tmp_path / "best.yaml").write_text(text)
    with pytest.raises(error, match=told):
        load_original(tmp_path / "best.yaml", None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "best.yaml", "--quick"), "--from repeats a study as it was"),
        (("--from", "best.yaml"), "best.yaml: cannot be read"),
        ((), "name the study: --study NAME"),
    ],
)
def test_a_run_wants_one_study(here, words, told):
    code, _, complaints = here("run", *words)
    assert code == 1
    assert told in complaints

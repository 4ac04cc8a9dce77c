"""`tuner init --from-script`, for the examples of the documentation."""

import shutil
from contextlib import chdir

import pytest
from external_studies import EXAMPLES, PYTHON_FIRST

from tuner.checking.checklist import check_study
from tuner.cli.script_study import write_script_study
from tuner.errors import TunerError
from tuner.journal.workspace import Workspace


@pytest.mark.parametrize(
    ("example", "command", "files"),
    [("argparse", "python train.py", []), ("constants", "train.py", ["train.py"])],
)
def test_the_study_of_an_example_passes_the_check_as_it_is(
    tmp_path, monkeypatch, example, command, files
):
    shutil.copytree(EXAMPLES / example, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("PATH", PYTHON_FIRST["PATH"])
    with chdir(tmp_path):
        new = write_script_study("mine", command)
        seen = [*check_study(new.spec, Workspace(tmp_path), [].append)]
    assert "red" not in {one.color for one in seen}
    assert [asked.file for asked in new.spec.trainer.set] == files
    assert len(new.spec.weights) == len(new.spec.stages) == 2
    assert new.draft.missing == ()


def test_a_file_of_options_gets_the_values_of_each_trial(tmp_path):
    shutil.copytree(EXAMPLES / "yaml-options", tmp_path, dirs_exist_ok=True)
    with chdir(tmp_path):
        new = write_script_study("mine", "train.py -opt options.yml")
    assert [asked.file for asked in new.spec.trainer.set] == ["options.yml"]
    assert new.spec.trainer.predictions == "*/{trial}/**/*_{steps}.png"
    assert new.draft.missing == (
        "Not found: the folder that it writes to; trainer.predictions is a guess",
    )


@pytest.mark.parametrize(
    ("command", "weights", "told"),
    [
        ("train.py 'x", None, 'init: --from-script: "train.py \'x" has an open quote'),
        ("python", None, "init: --from-script is empty, expected a script such as train.py"),
        ("train.py", "w=-1", "init: --weights w=-1: got '-1', expected a number of at least 0"),
        ("absent.py", None, "--from-script: 'absent.py' cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(tmp_path, command, weights, told):
    with chdir(tmp_path), pytest.raises(TunerError) as refused:
        write_script_study("mine", command, weights=weights)
    assert str(refused.value).startswith(told)
    assert not (tmp_path / "studies").exists()

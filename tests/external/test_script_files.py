from contextlib import chdir

import pytest

from tuner.external.script_files import ScriptFiles
from tuner.spec.study import StudySpec

FILES = ("train.py", "test.py", "options/all.yml", "start.sh", "log.txt", "pack/run.py", "new.ckpt")


@pytest.fixture
def home(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with chdir(tmp_path):
        yield tmp_path


def files_of(*run, **trainer):
    given = {"kind": "command", "run": run or None, **trainer}
    stage = {"vary": "a", "values": [2.0]}
    spec = StudySpec(study="own", weights={"a": 1.0}, stages=[stage], trainer=given)
    return set(ScriptFiles(spec).digests())


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("run", "found"),
    [
        (("python", "train.py", "-opt", "options/all.yml"), {"train.py", "options/all.yml"}),
        (("python", "train.py", "--opt=options/all.yml"), {"train.py", "options/all.yml"}),
        (("python", "-m", "tuner.seeded", "train.py", "{seed}"), {"train.py"}),
        (("torchrun", "--log", "log.txt", "-m", "pack.run", "new.ckpt"), {"pack/run.py"}),
        (("./start.sh", "train.py"), {"start.sh", "train.py"}),
        (("python", "no-such.py"), set()),
    ],
)
def test_files_and_modules_that_a_command_names_are_found(run, found):
    assert files_of(*run) == found


def test_all_commands_copies_and_functions_count(home):
    (home / "options" / "all.yml").write_text("a: 1\n")
    keys = {"file": "options/all.yml", "keys": {"a": "{weights.a}"}}
    predict = ("python", "test.py")
    found = files_of("python", "train.py", "{set.0}", predict=predict, set=[keys])
    assert found == {"train.py", "test.py", "options/all.yml"}
    assert files_of(kind="function", entry="pack.run:train") == {"pack/run.py"}


def test_neighbors_are_found_where_python_would_look(home):
    (home / "lib").mkdir()
    (home / "lib" / "loss.py").touch()
    (home / "pack" / "near.py").touch()
    (home / "pack" / "run.py").write_text("import loss, near\n")
    seen = files_of("python", "pack/run.py", env={"PYTHONPATH": "lib"})
    assert seen == {"pack/run.py", "pack/near.py", "lib/loss.py"}

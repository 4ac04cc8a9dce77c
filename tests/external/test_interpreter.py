import os
import platform
import subprocess
import sys
from pathlib import Path

from tuner.external.interpreter import Interpreter, interpreter_of, with_our_calls

HERE = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


def test_a_python_tells_its_version_and_those_of_torch_and_numpy(tmp_path):
    found = interpreter_of(sys.executable, tmp_path, HERE)
    assert found.versions.startswith(f"CPython {platform.python_version()}, torch ")
    assert ", numpy " in found.versions
    assert found.has_tuner


def test_a_launcher_is_asked_for_its_python_and_another_program_is_not(tmp_path):
    for name, first in (("torchrun", f"#!{sys.executable}\n"), ("train", "#!/bin/sh\n")):
        (tmp_path / name).write_text(first)
        (tmp_path / name).chmod(0o755)
    assert interpreter_of("./torchrun", tmp_path, HERE).has_tuner
    assert interpreter_of("./train", tmp_path, HERE) is None
    assert interpreter_of("no-such", tmp_path, HERE) is None


def test_our_calls_are_put_behind_what_is_on_the_path_where_they_are_missing(tmp_path):
    usual = {"PYTHONPATH": "lib", "A": "1"}
    assert with_our_calls(usual, tmp_path, None) == usual
    assert with_our_calls(usual, tmp_path, Interpreter("CPython", has_tuner=True)) == usual
    added = with_our_calls(usual, tmp_path, Interpreter("CPython", has_tuner=False))
    assert added == {**usual, "PYTHONPATH": f"lib{os.pathsep}{tmp_path / 'python'}"}


def test_they_need_the_standard_library_alone(tmp_path):
    with_our_calls({}, tmp_path, Interpreter("CPython", has_tuner=False))
    script = (
        "import tuner\n"
        "assert tuner.weights({'a': 1, 'b': 2}) == {'a': 3.0, 'b': 2}\n"
        "tuner.report(1, {'loss': 2})\n"
        "try:\n    tuner.weights({'b': 1})\n"
        "except ValueError as error:\n    print(error)\n"
    )
    environment = {"PYTHONPATH": str(tmp_path / "python"), "TUNER_WEIGHTS": '{"a": 3.0}',
                   "TUNER_OUT": str(tmp_path)}  # fmt: skip
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "tuner.weights: the script does not know 'a'; the study has 'a', the script has 'b'\n"
    )
    assert Path(tmp_path / "tuner-reports.jsonl").read_text() == '{"loss": 2.0, "step": 1}\n'

"""The examples in the docstrings of the public names do what they show."""

import doctest

import optuna
import pytest

import tuner


@pytest.mark.parametrize("name", tuner.__all__)
def test_the_example_of_a_public_name_runs_as_shown(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for variable in ("TUNER_WEIGHTS", "TUNER_OUT"):
        monkeypatch.delenv(variable, raising=False)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        (shown,) = doctest.DocTestFinder(recurse=False).find(getattr(tuner, name), name, globs={})
        ended = doctest.DocTestRunner().run(shown)
    finally:
        optuna.logging.set_verbosity(before)
    assert ended.attempted > 1
    assert ended.failed == 0

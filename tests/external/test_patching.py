import json
import tomllib

import pytest
import yaml

from tuner.errors import TrainerError
from tuner.external.patching import patched
from tuner.spec.trainer import SetSpec

FIELDS = {"weights.l1": "0.00001", "steps": "300", "trial": "x-003", "seed": "2"}
VALUES = {
    "train.l1": "{weights.l1}", "train.steps": "{steps}", "name": "{trial}", "fixed": 7,
    "flag": True, "both": "{trial}/{seed}",
}  # fmt: skip
MEANT = {
    "train": {"l1": 1e-5, "steps": 300, "kept": "yes"},
    "name": "x-003", "fixed": 7, "flag": True, "both": "x-003/2",
}  # fmt: skip
BEFORE = {"train": {"l1": 1.0, "steps": 5, "kept": "yes"}, "name": "a", "fixed": 1, "flag": False,
          "both": ""}  # fmt: skip
TOML = """\
name = "a"  # mine
fixed = 1
flag = false
both = ""

[train]
l1 = 1.0 # the loss
steps = 5
kept = "yes"
"""


@pytest.fixture
def patch(tmp_path):
    def write(name, text, **asked):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return patched(SetSpec(file=name, **asked), tmp_path, FIELDS).text

    return write


def test_yaml_json_and_toml_get_numbers_as_numbers_and_text_as_text(patch):
    assert yaml.safe_load(patch("a.yml", yaml.safe_dump(BEFORE), keys=VALUES)) == MEANT
    assert json.loads(patch("a.json", json.dumps(BEFORE), keys=VALUES)) == MEANT
    changed = patch("a.toml", TOML, keys=VALUES)
    assert tomllib.loads(changed) == MEANT
    assert "# the loss" in changed


def test_python_gets_constants(patch):
    text = patch(
        "a.py", "\ufeffL1 = 1.0\nNAME = 'a'\n", constants={"L1": "{weights.l1}", "NAME": "x"}
    )
    assert text == "L1 = 0.00001\nNAME = 'x'\n"


def test_lists_and_null_are_written_into_every_kind_of_file(patch):
    asked = {"a": ["{weights.l1}", 2], "b": None}
    meant = {"a": [1e-5, 2], "b": None}
    assert yaml.safe_load(patch("a.yml", "a: [1]\nb: x\n", keys=asked)) == meant
    assert json.loads(patch("a.json", '{"a": [1], "b": 2}', keys=asked)) == meant
    assert patch("a.py", "a = (1,)\nb = 2\n", constants=asked) == "a = (0.00001, 2)\nb = None\n"
    assert tomllib.loads(patch("a.toml", "a = [1]\n", keys={"a": asked["a"]}))["a"] == [1e-5, 2]


def test_a_copy_keeps_the_encoding_of_its_cookie(tmp_path):
    text = "# -*- coding: latin-1 -*-\n# pérdida\ntv = 1\n"
    (tmp_path / "a.py").write_text(text, encoding="latin-1")
    found = patched(SetSpec(file="a.py", constants={"tv": 2}), tmp_path, FIELDS)
    assert found.content == text.replace("= 1", "= 2").encode("latin-1")


@pytest.mark.parametrize(
    ("name", "text", "asked", "told"),
    [
        ("a.toml", "a = 1", {"keys": {"a": None}}, "is TOML, which has no null for 'a'"),
        ("a.toml", "a = [1]", {"keys": {"a": 1}}, "has a list at 'a', got 1 (expected a list)"),
        ("a.json", '{"a": {}}', {"keys": {"a": 1}}, "has a section at 'a', got 1"),
        ("a.yml", "a: [", {"keys": {"a": 1}}, "cannot be parsed"),
        ("a.json", "{", {"keys": {"a": 1}}, "cannot be parsed"),
        ("a.toml", "a = ", {"keys": {"a": 1}}, "cannot be parsed"),
        ("a.py", "a = (", {"constants": {"a": 1}}, "cannot be parsed"),
        ("a.ini", "a = 1", {"keys": {"a": 1}}, "is no file with keys (expected .yml, .yaml, .json"),
        ("a.json", '{"lamda": 1}', {"keys": {"lambda": 1}}, "has no 'lambda' (did you mean 'lamda"),
        ("a.toml", "[t]\nl = 1", {"keys": {"t.m.n": 1}}, "has no 't.m'"),
        ("a.json", '{"a": [1]}', {"keys": {"a[1]": 1}}, "has no 'a[1]'"),
        ("a.yml", "a: 1", {"keys": {"a..b": 1}}, "'a..b' is no key"),
        ("a.py", "LAMDA = 1", {"constants": {"LAMBDA": 1}}, "gives no value to 'LAMBDA'"),
    ],
)
def test_what_cannot_be_set_is_one_sentence_with_the_file(patch, tmp_path, name, text, asked, told):
    with pytest.raises(TrainerError) as refused:
        patch(name, text, **asked)
    assert str(refused.value).startswith(f"trainer.set: '{tmp_path / name}' ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TrainerError, match=r"no\.yml' cannot be read \(No such file"):
        patched(SetSpec(file="no.yml", keys={"a": 1}), tmp_path, FIELDS)

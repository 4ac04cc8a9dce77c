"""The best weights, written into files as projects have them."""

import json
import stat
import sys
from contextlib import chdir
from pathlib import Path

import pytest
import tomlkit
import yaml

sys.path.append(str(Path(__file__).parent / "records"))

from sample_study import BEST, START, record, whole_study

from tuner.cli.export_into import write_into
from tuner.errors import StorageError, TunerError
from tuner.journal.history_builder import read_history

OPTIONS = """\
# my options
train:
    ab:   {loss_weight: !!float 2.0, reduction: mean}   # colors
    l: &one 1.0
    perceptual: 1.0  # LPIPS
    saturation: 0.1
    again: *one
other: [1, 2]
"""
KEYS = {
    "train.ab.loss_weight": "{weights.ab_weight}",
    "train.l": "{weights.l_weight}",
    "train.perceptual": "{weights.perceptual_weight}",
    "train.saturation": "{weights.saturation_weight}",
    "other[0]": "{seed}",
}
SCRIPT = """\
import sys  # ab_weight = 3

ab_weight = 2.0  # colors
L_WEIGHT: float = 1.0
perceptual_weight = SATURATION_WEIGHT = 1
print(ab_weight, "ab_weight = 9")
"""


@pytest.fixture
def history_of(tmp_path):
    """A finished study, with some trainer."""

    def read(**trainer):
        opened, *rest = whole_study()
        spec = {**opened.spec, "trainer": {**opened.spec.get("trainer", {}), **trainer}}
        folder = record(tmp_path / "runs", [opened.model_copy(update={"spec": spec}), *rest])
        return read_history(folder)

    return read


def own(*files):
    return {
        "kind": "command",
        "run": ["train", *(f"{{set.{index}}}" for index, _ in enumerate(files))],
        "predictions": "{out}/*.png",
        "set": list(files),
    }


def changed(before, after):
    """The lines in which two texts differ, in pairs."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(old, new) for old, new in pairs if old != new]


def test_the_keys_that_the_study_sets_are_written_and_nothing_else(history_of, tmp_path):
    file = tmp_path / "options.yml"
    file.write_text(OPTIONS)
    with chdir(tmp_path):
        done = write_into(history_of(**own({"file": "options.yml", "keys": KEYS})), file)
    after = file.read_text()
    assert len(changed(OPTIONS, after)) == len([name for name in BEST if BEST[name] != START[name]])
    assert "    ab:   {loss_weight: 4.0, reduction: mean}   # colors" in after
    assert "    l: &one 1.0\n" in after
    assert "    perceptual: 0.3  # LPIPS\n" in after
    assert yaml.safe_load(after)["other"] == [1, 2]
    assert done.backup.read_text() == OPTIONS
    assert f"--- {file}\n+++ {file}\n" in done.diff
    assert "-    perceptual: 1.0  # LPIPS\n+    perceptual: 0.3  # LPIPS\n" in done.diff


def test_constants_of_a_script_are_found_by_their_names(history_of, tmp_path):
    file = tmp_path / "train.py"
    file.write_text(SCRIPT.replace("perceptual_weight = SAT", "perceptual_weight = 1\nSAT"))
    write_into(history_of(), file)
    after = file.read_text()
    assert "ab_weight = 4.0  # colors\n" in after
    assert 'print(ab_weight, "ab_weight = 9")\n' in after
    values = {"print": id}
    exec(after.replace("print(ab_weight, ", "print("), values)
    assert {name: values.get(name, values.get(name.upper())) for name in BEST} == BEST


def dict_of(template, weights=START):
    return ", ".join(template.format(name, value) for name, value in weights.items())


@pytest.mark.parametrize(
    ("head", "template", "tail"),
    [
        ("def main():\n    loss = Loss(", "{}={}", ", device='cpu')  # mine\n"),
        ("WEIGHTS = {{", "'{}': {}", "}}\n"),
        ("import tuner\nweights = tuner.weights({{", "'{}': {}", "}})\n"),
        ("import tuner\nloss = dict(**tuner.weights({{", "'{}': {}", "}}))\n"),
        ("weights = dict(", "{}={}", ")\nimport tuner\nweights = tuner.weights(weights)\n"),
        ("options = [", "add_argument('--{}', default={}, type=float)", "]\n"),
    ],
)
def test_every_way_in_is_a_way_home(history_of, tmp_path, head, template, tail):
    file = tmp_path / "train.py"
    around = [part.replace("{{", "{").replace("}}", "}") for part in (head, tail)]
    file.write_text(around[0] + dict_of(template) + around[1])
    write_into(history_of(), file)
    assert file.read_text() == around[0] + dict_of(template, BEST) + around[1]


def test_an_option_is_found_by_the_word_before_the_weight(history_of, tmp_path):
    words = [word for name in START for word in (f"--lambda-{name}", f"{{weights.{name}}}")]
    file = tmp_path / "options.py"
    template = "add_argument('--lambda-{}', default={})"
    file.write_text(dict_of(template))
    write_into(history_of(kind="command", run=["t", *words], predictions="*.png"), file)
    assert file.read_text() == dict_of(template, BEST)


def test_a_default_of_a_class_gives_way_to_the_call(history_of, tmp_path):
    file = tmp_path / "train.py"
    config = "class Config:\n" + "".join(f"    {name}: float = 9.0\n" for name in START)
    file.write_text(f"{config}Config({dict_of('{}={}')})\n")
    write_into(history_of(), file)
    assert file.read_text() == f"{config}Config({dict_of('{}={}', BEST)})\n"
    file.write_text(config)
    write_into(history_of(), file)
    assert "ab_weight: float = 4.0" in file.read_text()


def test_two_calls_with_the_weight_are_refused(history_of, tmp_path):
    file = tmp_path / "train.py"
    file.write_text(f"Loss({dict_of('{}={}')})\n" * 2)
    assert "several places for 'perceptual_weight'" in refusal(history_of(), file)


def test_a_cookie_of_another_encoding_is_kept(history_of, tmp_path):
    file = tmp_path / "train.py"
    text = "# -*- coding: latin-1 -*-\n# pérdida\n" + dict_of("{} = {}").replace(", ", "\n")
    file.write_text(text, encoding="latin-1")
    write_into(history_of(), file)
    assert "pérdida" in file.read_text(encoding="latin-1")
    assert "ab_weight = 4.0" in file.read_text(encoding="latin-1")


def test_two_weights_that_share_a_value_are_refused(history_of, tmp_path):
    file = tmp_path / "train.py"
    file.write_text(SCRIPT)
    assert "gives 'perceptual_weight' and 'SATURATION_WEIGHT' one value" in refusal(
        history_of(), file
    )


@pytest.mark.parametrize("indent", [4, None])
def test_json_keeps_its_layout(history_of, tmp_path, indent):
    file = tmp_path / "config.json"
    before = json.dumps({"name": "x", "loss": dict(START), "list": [1, 2]}, indent=indent)
    file.write_text(before)
    write_into(history_of(), file)
    expected = {"name": "x", "loss": BEST, "list": [1, 2]}
    assert json.loads(file.read_text()) == expected
    assert file.read_text() == json.dumps(expected, indent=indent)


def test_toml_keeps_its_comments(history_of, tmp_path):
    file = tmp_path / "config.toml"
    lines = "\n".join(f"{name} = {value}  # mine" for name, value in START.items())
    file.write_text(f"# weights\n[loss]\n{lines}\n")
    write_into(history_of(), file)
    assert dict(tomlkit.parse(file.read_text())["loss"]) == BEST
    assert file.read_text().count("# mine") == len(START)


def test_line_ends_marks_and_permissions_stay(history_of, tmp_path):
    file = tmp_path / "config.yaml"
    text = "".join(f"{name}: {value}\r\n" for name, value in START.items())
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    file.chmod(0o750)
    write_into(history_of(), file)
    written = file.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.count(b"\r\n") == written.count(b"\n") == len(START)
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


def test_an_older_backup_is_never_overwritten(history_of, tmp_path):
    file = tmp_path / "c.yaml"
    for number, name in enumerate(["c.yaml.bak", "c.yaml.bak2", "c.yaml.bak3"]):
        before = "".join(f"{each}: {number + 20}\n" for each in START)
        file.write_text(before)
        done = write_into(history_of(), file)
        assert (done.backup.name, done.backup.read_text()) == (name, before)


def test_a_file_that_has_the_weights_is_left_alone(history_of, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("".join(f"{name}: {value}\n" for name, value in BEST.items()))
    done = write_into(history_of(), file)
    assert (done.diff, done.backup) == ("", None)
    assert [each.name for each in tmp_path.glob("c.yaml*")] == ["c.yaml"]


def test_weights_in_another_file_are_told(history_of, tmp_path):
    (tmp_path / "a.yml").write_text("ab: 2.0\n")
    (tmp_path / "b.py").write_text("L = P = S = 1.0\n")
    names = {"L": "l_weight", "P": "perceptual_weight", "S": "saturation_weight"}
    constants = {constant: f"{{weights.{name}}}" for constant, name in names.items()}
    history = history_of(
        **own(
            {"file": "a.yml", "keys": {"ab": "{weights.ab_weight}"}},
            {"file": "b.py", "constants": constants},
        )
    )
    with chdir(tmp_path):
        done = write_into(history, Path("a.yml"))
    assert (tmp_path / "a.yml").read_text() == "ab: 4.0\n"
    assert done.elsewhere == (tmp_path / "b.py",)


def refusal(history, file):
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(TunerError) as refused:
        write_into(history, file)
    assert (file.read_bytes() if file.is_file() else None) == before
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("c.yaml", "ab_weight: 1\nl_weight: 1\n",
         ("has no place for 'perceptual_weight' and 'saturation_weight': no key is called so; name "
         "it in the study, in trainer.set")),
        ("c.py", "def f():\n    ab_weight = 2\n", "no constant, argument, option or key of"),
        ("c.yaml", "".join(f"{name}: 1\nx: {{{name}: 2}}\n" if name == "ab_weight" else
                           f"{name}: 1\n" for name in START),
         "has several places for 'ab_weight' (ab_weight and x.ab_weight); name the right one in"),
        ("c.ini", "[a]\n", "expected YAML, JSON, TOML or Python, by its name's end"),
        ("c.py", "ab_weight = (", "cannot be parsed ("),
        ("c.json", "{", "cannot be parsed ("),
        ("c.yaml", "a: [", "cannot be parsed ("),
    ],
)  # fmt: skip
def test_a_weight_without_a_place_is_refused(history_of, tmp_path, name, text, told):
    file = tmp_path / name
    file.write_text(text)
    said = refusal(history_of(), file)
    assert said.startswith(f"--into: '{file}' ")
    assert told in said
    assert "\n" not in said


def test_weights_that_are_arguments_belong_on_the_command_line(history_of, tmp_path):
    file = tmp_path / "options.py"
    file.write_text("parser.add_argument('--ab_weight', type=float, default=2.0)\n")
    words = ["python", "train.py", *(f"{{weights.{name}}}" for name in START)]
    said = refusal(history_of(kind="command", run=words, predictions="*.png"), file)
    assert said.endswith(
        "is called so; the study hands it over as an argument: tuner export --format argv"
    )


def test_a_weight_that_the_study_sets_nowhere_is_refused(history_of, tmp_path):
    (tmp_path / "o.yml").write_text(OPTIONS)
    keys = {"train.l": "{weights.l_weight}"}
    with chdir(tmp_path):
        said = refusal(history_of(**own({"file": "o.yml", "keys": keys})), tmp_path / "o.yml")
    assert said.startswith("--into: the study's 'set' has no place for 'perceptual_weight'")


def test_a_missing_file_is_a_sentence(history_of, tmp_path):
    file = tmp_path / "none.yaml"
    assert refusal(history_of(), file) == (
        f"--into: '{file}' cannot be read (No such file or directory)"
    )


def test_a_folder_that_cannot_be_written_is_a_sentence(history_of, tmp_path, monkeypatch):
    file = tmp_path / "c.yaml"
    file.write_text("".join(f"{name}: 9\n" for name in START))

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tuner.cli.export_into.shutil.copy2", refuse)
    with pytest.raises(StorageError, match=r"c\.yaml: cannot be written \(Permission denied\)"):
        write_into(history_of(), file)

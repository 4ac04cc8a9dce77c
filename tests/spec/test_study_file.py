import os
from pathlib import Path

import pytest

from tuner.errors import StudyFileError, StudyNotFound
from tuner.guide.presets import QUICK, WEIGHT_PRESETS
from tuner.spec import study_file
from tuner.spec.study_file import dump_study, list_studies, load_study

MINE = """\
study: mine
symptom: Too pale
weights: balanced
stages:
  - {vary: ab_weight, min: 2, max: 5, step: 1}
"""

WRONG = """\
study: wrong
trainer:
  stpes: 300
  steps: many
weights: {ab_weight: 2.0, l_weight: 1}
stages:
  - {vary: l_weight, values: [0.5]}
  - {vary: abb, values: [3]}
  - {values: [3]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.yaml").write_text(MINE, "utf-8")
    return tmp_path


def refusal(text, overrides=None, **named):
    Path("x.yaml").write_text(text, "utf-8")
    with pytest.raises(StudyFileError) as caught:
        load_study("x.yaml", overrides, **named)
    return caught.value.mistakes


# Finding


def test_a_name_is_looked_for_in_the_local_studies_first():
    Path("studies/sepia-fix.yaml").write_text(MINE, "utf-8")
    assert load_study("sepia-fix").study == "mine"


def test_a_name_is_then_looked_for_among_the_shipped_ones():
    assert load_study("sepia-fix").study == "sepia-fix"


@pytest.mark.parametrize(
    "path", ["studies/mine.yaml", "./studies/mine.yaml", "studies/../plain", "plain"]
)
def test_a_path_works_too(path):
    Path("plain").write_text(MINE, "utf-8")
    assert load_study(path).study == "mine"


def test_an_unknown_name_is_told_with_the_nearest_and_all_others():
    with pytest.raises(StudyNotFound) as caught:
        load_study("sepia-fx")
    message = str(caught.value)
    assert message.startswith("no study 'sepia-fx' (did you mean 'sepia-fix'?); known studies: ")
    assert "'mine'" in message


@pytest.mark.parametrize("name", ["nope", "", "studies", "a" * 300, "a\0", "a b"])
def test_what_is_no_study_is_told_with_the_known_ones(name):
    with pytest.raises(StudyNotFound, match=r"known studies: .*'mine'"):
        load_study(name)


@pytest.mark.parametrize("path", ["no/such", "mine.yaml", "a\0.yaml"])
def test_a_path_to_nothing_is_told_as_a_missing_file(path):
    with pytest.raises(StudyNotFound, match="no study file"):
        load_study(path)


def test_without_any_study_the_message_says_so(monkeypatch, folder):
    Path("studies/mine.yaml").unlink()
    monkeypatch.setattr(study_file, "__file__", str(folder / "tuner" / "spec" / "study_file.py"))
    with pytest.raises(StudyNotFound, match="no study 'x', and no study at all in 'studies'"):
        load_study("x")


def test_inside_a_wheel_the_shipped_studies_lie_in_the_package(monkeypatch, folder):
    inside = folder / "site-packages" / "tuner" / "studies"
    inside.mkdir(parents=True)
    (inside / "packed.yaml").write_text(MINE, "utf-8")
    monkeypatch.setattr(study_file, "__file__", str(inside.parent / "spec" / "study_file.py"))
    assert [heading.name for heading in list_studies()] == ["mine", "packed"]
    assert load_study("packed").symptom == "Too pale"


def test_the_list_has_local_and_shipped_studies():
    headings = {heading.name: heading for heading in list_studies()}
    mine, shipped = headings["mine"], headings["sepia-fix"]
    assert (mine.symptom, mine.path, mine.shipped) == ("Too pale", Path("studies/mine.yaml"), False)
    assert shipped.shipped
    assert "sepia" in shipped.symptom.lower()


def test_a_local_study_hides_its_shipped_namesake():
    Path("studies/sepia-fix.yaml").write_text(MINE, "utf-8")
    (heading,) = [heading for heading in list_studies() if heading.name == "sepia-fix"]
    assert not heading.shipped


def test_a_broken_study_is_listed_with_its_mistake():
    Path("studies/broken.yaml").write_text("study: 'x", "utf-8")
    Path("studies/gone.yaml").symlink_to("nowhere")
    symptoms = {heading.name: heading.symptom for heading in list_studies()}
    assert (
        symptoms["broken"]
        == "(studies/broken.yaml:1: not valid YAML: a quote that is never closed)"
    )
    assert symptoms["gone"].startswith("(studies/gone.yaml: cannot be read")


# Files that are no study


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "x.yaml:1: empty, expected a study (`tuner init` writes one)"),
        ("# nothing\n", "x.yaml:1: empty, expected a study (`tuner init` writes one)"),
        ("- a\n", "x.yaml:1: got a list of 1, expected keys such as 'study' and 'stages'"),
        ("!!set {a}\n", "x.yaml:1: the tag '!!set' is not allowed; leave it out"),
        ("study: x\n\tweights:\n", "x.yaml:2: not valid YAML: a tab; indent with spaces"),
    ],
)
def test_a_file_that_holds_no_study_is_refused_in_one_sentence(text, mistake):
    assert refusal(text) == (mistake,)


def test_a_file_that_is_not_utf_8_is_refused_with_the_line():
    Path("x.yaml").write_bytes(b"study: x\nsymptom: caf\xe9\n")
    with pytest.raises(StudyFileError) as caught:
        load_study("x.yaml")
    assert str(caught.value) == "x.yaml:2: not UTF-8 text (byte 0xe9); save it as UTF-8"


def test_a_byte_order_mark_is_no_mistake():
    Path("x.yaml").write_bytes(b"\xef\xbb\xbf" + MINE.encode())
    assert load_study("x.yaml").study == "mine"


def test_a_folder_is_no_study_file():
    with pytest.raises(StudyFileError, match=r"^studies: a folder, expected a file$"):
        load_study("studies/")


def test_a_file_that_cannot_be_read_is_told():
    Path("loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(StudyFileError, match=r"^loop.yaml: cannot be read \(.*symbolic links\)$"):
        load_study("loop.yaml")


# Mistakes


def test_all_mistakes_come_at_once_with_lines_and_what_is_missing_last():
    assert refusal(WRONG) == (
        "x.yaml:3: trainer.stpes: unknown key (did you mean 'steps'?)",
        "x.yaml:4: trainer.steps: got 'many', expected a whole number of at least 1",
        "x.yaml:8: stages[1].vary: unknown weight 'abb' (did you mean 'ab_weight'?)",
        "x.yaml:9: stages[2].vary: missing, expected text",
    )


def test_a_typo_comes_before_what_it_leaves_missing():
    first, second = refusal(MINE.replace("weights:", "wieghts:"))
    assert first == "x.yaml:3: wieghts: unknown key (did you mean 'weights'?)"
    assert second.startswith("x.yaml:1: weights: missing")


def test_an_unknown_preset_of_weights_is_told_once():
    assert refusal(MINE.replace("balanced", "balancd")) == (
        "x.yaml:3: weights: unknown preset 'balancd' (did you mean 'balanced'?)",
    )


def test_mistakes_of_overrides_stand_at_the_override():
    overrides = {"trainer.stpes": "300", "stages[0].max": 1, "weights.ab_weight": -3}
    assert refusal(MINE, overrides) == (
        "--set trainer.stpes=300: unknown key (did you mean 'steps'?)",
        "--set weights.ab_weight=-3: got -3, expected a number of at least 0",
        "--set stages[0].max=1: stages[0]: 'max' (1) is below 'min' (2)",
    )


def test_the_net_of_the_score_may_be_the_net_of_the_loss():
    assert load_study("mine", {"objective.lpips.net": "alex"}).objective.lpips.net == "alex"


# Values


def test_yaml_1_2_holds():
    text = MINE + "trainer: {learning_rate: 1e-3}\nguardrails: {color_noise: off}\n"
    Path("x.yaml").write_text(text, "utf-8")
    spec = load_study("x.yaml")
    assert spec.trainer.learning_rate == 0.001
    assert spec.guardrails.color_noise == "off"


def test_weights_may_be_the_name_of_a_preset():
    assert load_study("mine").weights == WEIGHT_PRESETS["balanced"]


@pytest.mark.parametrize(
    ("trainer", "name", "said"),
    [
        ("", "ab_wieght", "(did you mean 'ab_weight'?)"),
        (
            "trainer: {kind: function, entry: 'a:b'}\n",
            "gan",
            "(allowed: 'l_weight' and 'ab_weight')",
        ),
    ],
)
def test_a_misspelt_weight_adds_none(trainer, name, said):
    text = f"study: x\n{trainer}weights: {{l_weight: 1.0, ab_weight: 2.0}}\nstages: []\n"
    mistakes = refusal(text, {f"weights.{name}": "3"})
    assert f"--set weights.{name}=3: unknown weight '{name}' {said}" in mistakes


def test_an_optional_weight_of_the_built_in_loss_may_be_added():
    assert load_study("sepia-fix", {"weights.rare_color_weight": "0.5"}).weights[
        "rare_color_weight"
    ]


def test_overrides_win_over_the_file():
    spec = load_study("mine", {"trainer.steps": 300, "stages[0].max": "6", "weights.ab_weight": 3})
    assert (spec.trainer.steps, spec.stages[0].max, spec.weights["ab_weight"]) == (300, 6.0, 3.0)


def test_quick_lies_between_the_file_and_the_overrides():
    spec = load_study("washed-out", {"trainer.steps": 7}, preset="quick")
    assert spec.preset == "quick"
    assert spec.trainer.steps == 7
    assert spec.data.image_size == QUICK["data.image_size"]


def test_photos_are_not_looked_at():
    assert load_study("mine", {"data.photos": "no/such/folder"}).data.photos == "no/such/folder"


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[2].glob("studies/*.yaml")))
def test_every_shipped_study_loads_under_its_own_name_and_again_once_it_is_dumped(path):
    usual, quick = load_study(str(path)), load_study(str(path), preset="quick")
    assert (usual.study, quick.preset) == (path.stem, "quick")
    for spec in (usual, quick):
        Path("dumped.yaml").write_text(dump_study(spec), "utf-8")
        assert load_study("dumped.yaml") == spec


# Dumping


def test_a_dump_has_the_documented_order():
    keys = [line.split(":")[0] for line in dump_study(load_study("sepia-fix")).splitlines()]
    documented = ["study", "symptom", "data", "trainer", "weights", "stages", "objective"]
    assert [key for key in keys if key in documented] == documented


# Beyond what can be read


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            f"repeats: {{baseline: {10**144}}}",
            "repeats.baseline: got an integer beyond 1e+100",
        ),
        ("weights: {l_weight: .nan}", "l_weight: got NaN, expected a number"),
        (f"seed: 0x{'f' * 5000}", "seed: got an integer beyond 1e+100"),
    ],
)
def test_a_number_that_nothing_can_hold_is_refused(tmp_path, line, told):
    (tmp_path / "x.yaml").write_text(f"study: x\n{line}\n")
    with pytest.raises(StudyFileError) as refused:
        load_study(str(tmp_path / "x.yaml"))
    assert told in str(refused.value)


def test_a_pipe_and_a_large_file_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (4 * 2**20 + 1))
    for name, told in (("pipe", "a device or a pipe, expected a file"), ("large", "than 4 MB")):
        with pytest.raises(StudyFileError, match=told):
            load_study(str(tmp_path / f"{name}.yaml"))

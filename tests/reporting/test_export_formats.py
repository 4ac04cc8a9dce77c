import json
import shlex

import pytest
import yaml
from sample_study import BEST, record, whole_study

from tuner.errors import TunerError
from tuner.journal.history_builder import read_history
from tuner.reporting.export import best_yaml
from tuner.reporting.export_formats import best_argv, best_basicsr, best_json


@pytest.fixture
def history_of(tmp_path):
    def read(**trainer):
        opened, *rest = whole_study()
        spec = {**opened.spec, "trainer": trainer}
        return read_history(record(tmp_path, [opened.model_copy(update={"spec": spec}), *rest]))

    return read


def test_json_holds_what_yaml_holds(study_folder):
    history = read_history(study_folder)
    assert json.loads(best_json(history, "run-1")) == yaml.safe_load(best_yaml(history, "run-1"))


def test_words_are_those_of_the_studys_own_command(history_of):
    run = [
        "python", "train.py", "--seed", "{seed}", "--lambda_ab", "{weights.ab_weight}",
        "--l={weights.l_weight}", "--out", "{out}", "{weights.perceptual_weight}",
        "--both", "{weights.l_weight}:{weights.saturation_weight}",
    ]  # fmt: skip
    words = shlex.split(best_argv(history_of(kind="command", run=run)))
    assert words == ["--lambda_ab", "4.0", "--l=1.0", "0.3", "--both", "1.0:0.1"]


def test_without_such_words_each_weight_is_an_option(history_of):
    words = shlex.split(best_argv(history_of(kind="command", run=["train", "{set.0}"])))
    assert {name.removeprefix("--"): float(value) for name, value in
            zip(words[::2], words[1::2], strict=True)} == BEST  # fmt: skip


def test_options_of_basicsr_stand_where_the_study_writes_them(history_of):
    keys = {"train.color_opt.loss_weight": "{weights.ab_weight}", "name": "{trial}"}
    text = best_basicsr(history_of(kind="command", set=[{"file": "o.yml", "keys": keys}]))
    assert text.startswith("# sepia-fix: Confirmed on 5 fresh seeds: ")
    options = yaml.safe_load(text)["train"]
    assert options.pop("color_opt") == {"loss_weight": 4.0}
    assert options == {
        "perceptual_opt": {"loss_weight": 0.3},
        "l_opt": {"loss_weight": 1.0},
        "saturation_opt": {"loss_weight": 0.1},
    }


def test_an_entry_of_a_list_cannot_stand_alone(history_of):
    keys = {"losses[0].weight": "{weights.ab_weight}"}
    history = history_of(kind="command", set=[{"file": "o.yml", "keys": keys}])
    with pytest.raises(TunerError, match=r"'losses\[0\]\.weight' leads through a list"):
        best_basicsr(history)


@pytest.mark.parametrize("export", [best_json, best_argv, best_basicsr])
def test_a_study_without_a_result_is_refused(tmp_path, export):
    with pytest.raises(TunerError, match="no result yet"):
        export(read_history(record(tmp_path, list(whole_study())[:-1])))

"""A study that is proposed for a script by its text."""

from pathlib import Path

import pytest

from tuner.errors import TrainerError
from tuner.external.proposal.draft import propose

PINN = """\
import argparse, random
p = argparse.ArgumentParser()
p.add_argument("--w_pde", type=float, default=1.0)
p.add_argument("--w_bc", type=float, default=10.0)
p.add_argument("--w_data", type=float, default=0.0)
p.add_argument("--max-steps", type=int, default=400)
p.add_argument("--case", required=True)
o = p.parse_args()
for step in range(o.max_steps):
    print(f"step {step}: loss {loss:.3e}, l2_error {error:.3e}")
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(text, words="", named=None):
    Path("train.py").write_text(text, encoding="utf-8")
    return propose(["train.py", *words.split()], named)


def refused(text, words="", named=None):
    with pytest.raises(TrainerError) as refusal:
        proposed(text, words, named)
    return str(refusal.value)


def test_a_script_without_pictures_is_judged_by_its_error():
    draft = proposed(PINN, "--case heat --w_bc=2")
    assert draft.objective == {"metric": "l2_error", "direction": "minimize"}
    assert draft.weights == {"w_pde": 1.0, "w_bc": 2.0}
    assert draft.origins == {"w_pde": "--w_pde", "w_bc": "--w_bc"}
    assert draft.trainer["run"] == [
        "python", "-m", "tuner.seeded", "train.py", "--case", "heat", "--w_bc={weights.w_bc}",
        "--w_pde", "{weights.w_pde}", "--max-steps", "{steps}",
    ]  # fmt: skip
    assert (draft.trainer["steps"], "predictions" in draft.trainer) == (400, False)
    assert draft.missing == (
        "Not found: a seed; tuner.seeded sets the generators of Python, numpy and torch",
        "Left out: --w_data is 0, so its term is off",
    )


def test_what_the_command_needs_and_nothing_explains_is_told():
    assert "Unknown: the command needs --case; add it to trainer.run" in proposed(PINN).missing


def test_a_seed_that_no_trial_can_change_is_told_with_its_line():
    draft = proposed("import numpy as np\nr = np.random.default_rng(42)\nAB_WEIGHT = 1.0\n")
    assert draft.trainer["run"] == ["python", "{set.0}"]
    [seed, length, doubt] = draft.missing
    assert seed.startswith("Not found: a seed that can be set; line 2 of train.py has a fixed one")
    assert length.startswith("Not found: how long it trains; trainer.steps is a guess (1000)")
    assert doubt.startswith(
        "Doubtful: the number that decides: no pictures and no numbers are seen"
    )


def test_arguments_of_a_call_are_written_into_a_copy():
    draft = proposed("loss = Loss(perceptual_weight=1.0, ab_weight=2.0, eps=1e-6)\nSEED = 3\n")
    [asked] = draft.trainer["set"]
    assert asked == {
        "file": "train.py",
        "constants": {
            "SEED": "{seed}",
            "Loss.perceptual_weight": "{weights.perceptual_weight}",
            "Loss.ab_weight": "{weights.ab_weight}",
        },
    }


def test_a_value_that_cannot_be_replaced_alone_is_no_weight():
    draft = proposed("A_WEIGHT = B_WEIGHT = 1.0\nC_WEIGHT = 2.0\n")
    assert draft.weights == {"c_weight": 2.0}


def test_weights_that_the_script_asks_for_need_no_place():
    draft = proposed('import tuner\nw = {"l1": 1.0, "lr": 0.1}\nw = tuner.weights(w)\nSEED = 1\n')
    assert draft.weights == {"l1": 1.0}
    assert draft.origins == {"l1": "tuner.weights"}
    assert draft.trainer["set"] == [{"file": "train.py", "constants": {"SEED": "{seed}"}}]


def test_weights_with_other_names_are_named():
    text = "p.add_argument('--l1', default=100.0)\np.add_argument('--gan', default=1.0)\n"
    assert proposed(text, named={"gan": None, "l1": 50.0}).weights == {"gan": 1.0, "l1": 50.0}
    assert refused(text, named={"gann": None}) == (
        "--from-script: no number 'gann' is seen in the script (did you mean 'gan'?)"
    )


def test_a_file_of_options_that_the_command_names_is_read():
    Path("a.yml").write_text(
        "manual_seed: !!int 0\ntrain: {total_iter: 40, gan_opt: {loss_weight: !!float 1e-1}}\n"
    )
    draft = proposed("p.add_argument('-opt')\n", "-opt a.yml")
    assert draft.weights == {"gan": 0.1}
    assert draft.trainer["run"] == ["python", "train.py", "-opt", "{set.0}"]
    assert draft.trainer["steps"] == 40


def test_a_file_of_options_by_default_is_handed_over_as_a_copy():
    Path("a.json").write_text('{"w_l1": 2, "seed": 1}')
    draft = proposed("p.add_argument('--config', default='a.json')\n")
    assert draft.trainer["run"] == ["python", "train.py", "--config", "{set.0}"]


def test_options_of_an_imported_module_count():
    Path("my_options.py").write_text("p.add_argument('--lambda_L1', default=9.0)")
    assert proposed("import my_options\n").weights == {"lambda_L1": 9.0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", "--from-script: no weight of a loss is seen in 'train.py' (an option, const"),
        ("x = (\n", "--from-script: 'train.py' is no Python ("),
    ],
)
def test_a_script_without_anything_to_tune_is_refused(text, told):
    assert refused(text).startswith(told)


def test_a_script_that_is_not_there_is_refused_with_the_nearest_one():
    Path("train.py").write_text("")
    with pytest.raises(TrainerError, match=r"cannot be read .*did you mean 'train\.py'"):
        propose(["trian.py"])


def test_a_file_of_options_that_is_none_is_refused():
    Path("a.yml").write_text("a: [")
    assert "--from-script: 'a.yml' cannot be parsed (" in refused("W_A = 1\n", "-opt a.yml")


def test_a_positional_argument_of_today_gives_way_to_that_of_a_trial():
    text = (
        "p.add_argument('data')\np.add_argument('ab_weight', type=float)\n"
        "p.add_argument('--amp', action='store_true')\nimage.save('a.png')\n"
    )
    draft = proposed(text, "--amp photos 2.5")
    assert draft.trainer["run"][-3:] == ["--amp", "{train}", "{weights.ab_weight}"]
    assert draft.weights == {"ab_weight": 2.5}
    assert not [told for told in draft.missing if told.startswith("Unknown")]

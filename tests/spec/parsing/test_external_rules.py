from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import StudyFileError
from tuner.spec.parsing.core_schema import write
from tuner.spec.parsing.external_rules import KINDS, broken_trainer_rules
from tuner.spec.study_file import load_study

COMMAND = {
    "kind": "command",
    "run": ["python", "train.py", "--l1", "{weights.l1}"],
    "predictions": "{out}/*.png",
}
METRIC = {"metric": "psnr", "direction": "maximize"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(trainer, preset=None, **parts):
    """A study with a trainer, through its file, since that is how people get there."""
    study = {
        "study": "x",
        "weights": {"l1": 100.0, "gan": 1.0},
        "stages": [{"vary": "l1", "times": [0.5]}],
        "trainer": trainer,
    }
    Path("x.yaml").write_text(write(study | parts), "utf-8")
    return load_study("x.yaml", preset=preset)


def refusals(trainer, **parts):
    with pytest.raises(StudyFileError) as refused:
        load(trainer, **parts)
    return [sentence.partition(": ")[2] for sentence in refused.value.mistakes]


def test_any_names_of_weights_will_do():
    spec = load({**COMMAND, "env": {"GAN": "{weights.gan}"}, "time_limit": "2h"})
    assert (spec.trainer.kind, spec.trainer.parallel, dict(spec.weights)["gan"]) == (
        "command", 1, 1.0
    )  # fmt: skip


def test_an_interpreter_belongs_to_a_command_of_python():
    assert load({**COMMAND, "python": ".venv/bin/python"}).trainer.python == ".venv/bin/python"
    [said] = refusals({**COMMAND, "run": ["torchrun", "train.py"], "python": "p"})
    assert said.startswith("trainer.python: is used where a command begins with 'python', and none")


def test_every_mistake_is_told_with_its_line(tmp_path):
    Path("y.yaml").write_text(
        "study: y\n"
        "trainer:\n"
        "  kind: command\n"
        "  run:\n"
        "    - train\n"
        "    - '{weights.l2}'\n"
        "    - '{epochs}'\n"
        "  learning_rate: 2e-3\n"
        "weights: {l1: 1.0}\n"
        "stages: [{vary: l1, times: [0.5]}]\n"
    )
    with pytest.raises(StudyFileError) as refused:
        load_study("y.yaml")
    assert "\n".join(refused.value.mistakes) == (
        "y.yaml:6: trainer.run[1]: unknown field '{weights.l2}' (did you mean '{weights.l1}'?)\n"
        "y.yaml:7: trainer.run[2]: unknown field '{epochs}'; give trainer.steps_per_epoch, from "
        "which they are counted\n"
        "y.yaml:8: trainer.learning_rate: belongs to kind 'builtin', this trainer is of kind "
        "'command'\n"
        "y.yaml:2: trainer.predictions: missing, expected a pattern such as "
        "'{out}/predictions/*.png' (or objective.metric, to judge by a number of your own)"
    )


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("{stpes}", "unknown field '{stpes}' (did you mean '{steps}'?)"),
        ("{l1}", "unknown field '{l1}' (did you mean '{weights.l1}'?)"),
        ("{gan}", "unknown field '{gan}' (did you mean '{weights.gan}'?)"),
        ("{set.0}", "unknown field '{set.0}' (allowed: '{weights.l1}', "),
        ("{seed:d}", "unknown field '{seed:d}' (did you mean '{seed}'?)"),
        ("{}", "unknown field '{}' (allowed: '{weights.l1}', '{weights.gan}', '{steps}', "),
        ('{"a": 1}', "unknown field "),
        (
            "{seed",
            "has a '{' or '}' that belongs to no field (write '{{' or '}}' where it is meant",
        ),
    ],
)
@pytest.mark.parametrize(
    "place", ["run", "predict", "env", "predictions", "metrics", "metrics.tensorboard"]
)
def test_an_unknown_field_is_refused_wherever_it_stands(field, told, place):
    values = {
        "run": ["train", field],
        "predict": ["test", field],
        "env": {"A": field},
        "predictions": f"{{out}}/{field}/*.png",
        "metrics": {"jsonl": field},
        "metrics.tensorboard": {"tensorboard": field},
    }
    [refusal] = refusals({**COMMAND, place.partition(".")[0]: values[place]})
    assert refusal.startswith(f"trainer.{place}")
    assert told in refusal


def test_a_copy_that_nothing_uses_would_tune_nothing():
    copied = {"set": [{"file": "a.yml", "keys": {"a": "{weights.l1}"}}]}
    assert refusals({**COMMAND, **copied}) == [
        "trainer.set[0]: nothing uses the copy; put its path, {set.0}, into 'run'"
    ]
    assert load({**COMMAND, **copied, "run": ["train", "{set.0}"]})


def test_a_value_cannot_be_the_path_of_a_copy():
    copied = [{"file": "a.yml", "keys": {"a": "{set.0}"}}]
    [refusal] = refusals({**COMMAND, "set": copied, "run": ["train", "{set.0}"]})
    assert "unknown field '{set.0}'" in refusal


def test_a_file_is_set_in_one_way():
    both = [{"file": "a.py", "keys": {"a": 1}, "constants": {"A": 1}}]
    refused = refusals({**COMMAND, "set": both, "run": ["train", "{set.0}"]})
    assert any("give exactly one of 'keys' and 'constants'" in each for each in refused)


@pytest.mark.parametrize(
    ("trainer", "parts", "told"),
    [
        ({"run": ["train"]}, {}, "belongs to kind 'command', this trainer is of kind 'builtin'"),
        ({"kind": "command", "predictions": "*"}, {}, "missing, expected the command that trains"),
        ({"kind": "function"}, {}, "missing, expected a function such as package.module:train"),
        (
            {"kind": "function", "entry": "a:b", "predictions": "*.png"},
            {},
            "belongs to kind 'command', this trainer is of kind 'function'",
        ),
        ({}, {"objective": METRIC}, "needs a trainer of kind 'command' or 'function'"),
        ({}, {"objective": {"direction": "maximize"}}, "belongs to a metric of your own"),
        (COMMAND, {"objective": METRIC}, "are not looked at with objective.metric"),
        (
            {**COMMAND, "predict": ["a"]},
            {"objective": METRIC},
            "makes pictures, which are not looked at with objective.metric",
        ),
        (
            {"kind": "function", "entry": "a:b"},
            {"objective": {**METRIC, "lpips": {"importance": 2}}},
            "is part of the score of photos",
        ),
        (COMMAND, {"compare": ["rlw"]}, "'rlw' computes the weights in every step"),
        ({**COMMAND, "metrics": {"stdout": "("}}, {}, "not a regular expression ("),
        ({**COMMAND, "metrics": {"stdout": "(?P<step>1)"}}, {}, "got 'step'"),
        ({**COMMAND, "metrics": {"stdout": "loss"}}, {}, "got no named group"),
        (
            {**COMMAND, "metrics": {"stdout": "(?P<epoch>1) (?P<l>2)"}},
            {},
            "counts epochs, so trainer.steps_per_epoch is needed",
        ),
        (
            {**COMMAND, "metrics": {"jsonl": "a", "csv": "b"}},
            {},
            "give exactly one of 'jsonl', 'csv', 'stdout' and 'tensorboard'",
        ),
        (
            {**COMMAND, "metrics": {"tensorboard": "tb", "counts": "epochs"}},
            {},
            "trainer.metrics.counts: counts epochs, so trainer.steps_per_epoch is needed",
        ),
        (
            {**COMMAND, "metrics": {"csv": "a", "counts": "epochs"}},
            {},
            "trainer.metrics.counts: is for tensorboard; other places call their numbers 'step' or",
        ),
        (
            {**COMMAND, "metrics": {"tensorboard": "tb", "counts": "epoch"}},
            {},
            "expected 'steps' or 'epochs'",
        ),
        (
            {**COMMAND, "run": ["a", "{train}"]},
            {"data": {"holdout": "photos"}},
            "with a folder as data.holdout your script has its own photos",
        ),
        (
            {"kind": "command", "run": ["a", "{holdout}"]},
            {"objective": METRIC},
            "with objective.metric no photos are prepared",
        ),
    ],
)
def test_what_contradicts_the_kind_or_the_objective_is_refused(trainer, parts, told):
    assert any(told in each for each in refusals(trainer, **parts))


def test_epochs_are_known_where_their_length_is():
    assert load({**COMMAND, "run": ["a", "{epochs}"], "steps_per_epoch": 50})


def test_a_metric_of_its_own_needs_no_predictions():
    spec = load({"kind": "command", "run": ["a"]}, objective=METRIC)
    assert spec.objective.direction == "maximize"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("run", "python train.py", "expected a list with at least one entry, each text, or a numb"),
        ("run", ["python", ["x"]], "got a list of 1, expected text, or a number"),
        ("run", [], "expected a list with at least one entry"),
        ("metrics", "log.jsonl", "expected keys out of 'jsonl', 'csv', 'stdout', 't"),
        ("set", {"file": "a"}, "expected a list, each keys out of 'file', 'keys' and 'constants'"),
        ("parallel", 0, "expected a whole number of at least 1 and at most 64"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_words(key, value, told):
    assert any(told in each for each in refusals({**COMMAND, key: value}))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="{}ab.step", max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text("abc"), part, max_size=3),
    max_leaves=5,
)


@given(
    trainer=st.dictionaries(
        st.sampled_from([key for keys in KINDS.values() for key in keys]), anything, max_size=4
    ),
    kind=st.sampled_from(["builtin", "command", "function"]) | anything,
    objective=st.dictionaries(st.sampled_from(["metric", "direction", "lpips"]), anything),
)
def test_whatever_stands_there_is_refused_or_right_but_never_breaks(trainer, kind, objective):
    weights = {"a": 1.0}
    values = {"trainer": {**trainer, "kind": kind}, "objective": objective, "weights": weights}
    assert all(mistake.text for mistake in broken_trainer_rules(values))


@pytest.mark.parametrize(("steps", "quick"), [(5000, 200), (50, 50), (None, 5000)])
def test_quick_changes_nothing_of_an_own_trainer_but_its_steps(steps, quick):
    Path("z.yaml").write_text(
        "study: z\nweights: {l1: 1.0}\nstages: [{vary: l1, times: [0.5]}]\n"
        "trainer: {kind: command, run: [a], predictions: '*.png'"
        + (f", steps: {steps}}}\n" if steps else "}\n")
    )
    spec = load_study("z.yaml", preset="quick")
    assert spec.trainer.steps == quick
    assert spec.preset == "quick"
    assert spec.data.image_size == load_study("z.yaml").data.image_size


@pytest.mark.parametrize(
    ("guardrails", "told"),
    [
        ({"psnr": {"may_fall": 0.1}}, "guardrails.psnr: unknown key"),
        ({"metrics": {"rmse": {"may_fal": 0.1}}}, "unknown key (did you mean 'may_fall'?)"),
        ({"metrics": {"rmse": {}}}, "expected 'may_fall' or 'may_rise'"),
        ({"metrics": {"rmse": {"may_rise": -1}}}, "guardrails.metrics.rmse.may_rise: "),
        (
            {"metrics": {"psnr": {"may_fall": 1}}},
            "guardrails.metrics.psnr: is the number that is tuned (objective.metric)",
        ),
    ],
)
def test_a_guardrail_that_cannot_be_meant_is_refused(guardrails, told):
    trainer = {key: value for key, value in COMMAND.items() if key != "predictions"}
    said = refusals(trainer, objective=METRIC, guardrails=guardrails)
    assert any(told in sentence for sentence in said), said

import pytest

from tuner import load_study
from tuner.errors import TrainerError, masking
from tuner.runner.lifecycle import opening_event
from tuner.spec.changes import describe_changes
from tuner.spec.plan import make_plan
from tuner.spec.secret_values import with_secrets, without_secrets
from tuner.spec.study_file import recorded_study

SCRIPT = """
study: mine
weights: {l1: 1.0}
trainer:
  kind: command
  run: [python, train.py]
  env: {API_KEY: quite-hidden, MODE: fast, DATABASE: "postgresql://me:hush@h/db", SIZE_KEY: 3}
  metrics: {jsonl: "{out}/metrics.jsonl"}
objective: {metric: loss}
stages: [{vary: l1, values: [1, 2]}]
"""


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(masking, "_registered", set())


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(SCRIPT)
    return load_study(str(path))


def test_no_record_has_a_secret_value(spec):
    event = opening_event(spec, make_plan(spec), "0")
    assert "quite-hidden" not in event.model_dump_json()
    assert "hush" not in event.model_dump_json()
    kept = event.spec["trainer"]["env"]
    assert (kept["MODE"], kept["SIZE_KEY"]) == ("fast", 3)
    assert without_secrets(recorded_study(event.spec)) == recorded_study(event.spec)


def test_a_study_goes_on_with_the_same_secret_only(spec):
    recorded = without_secrets(spec)
    assert describe_changes(recorded, spec) == ()
    env = {**spec.trainer.env, "API_KEY": "another"}
    other = spec.model_copy(update={"trainer": spec.trainer.model_copy(update={"env": env})})
    [change] = describe_changes(recorded, other)
    assert change.startswith("trainer.env.API_KEY: ")
    assert "another" not in change


def test_a_recorded_study_takes_its_secrets_from_the_environment(spec):
    recorded = without_secrets(spec).trainer.env
    here = {"API_KEY": "quite-hidden", "DATABASE": "postgresql://me:hush@h/db"}
    assert with_secrets(recorded, here) == dict(spec.trainer.env)
    assert masking.masked("it said quite-hidden") == "it said ***"


@pytest.mark.parametrize(
    ("here", "fault"),
    [({}, "is not set"), ({"API_KEY": "x"}, "has another value than the study began with")],
)
def test_a_secret_that_is_missing_is_named(spec, here, fault):
    with pytest.raises(TrainerError, match=f"trainer.env.API_KEY: .* {fault}"):
        with_secrets(without_secrets(spec).trainer.env, here)

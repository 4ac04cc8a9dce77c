import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tuner.spec.json_schema import schema_text, study_schema
from tuner.spec.parsing.builder import SpecBuilder
from tuner.spec.parsing.validation_messages import check
from tuner.spec.parsing.yaml12 import read
from tuner.spec.study import StudySpec

STUDIES = Path(__file__).parents[2] / "studies"
SCHEMA = study_schema()
SMALL = {"study": "x", "weights": {"ab": 1.0}, "stages": [{"vary": "ab", "values": [2.0]}]}


def complaints(values):
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(values))


def test_the_shipped_schema_is_that_of_the_code():
    shipped = (STUDIES / "schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(), "run: python -m tuner.spec.json_schema > studies/schema.json"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_obeys_it(path):
    assert complaints(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_every_key_is_described():
    sections = {"": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, section in sections.items()
        for key, rule in section["properties"].items()
        if "description" not in rule and "$ref" not in rule
    ]
    assert silent == []
    assert all("description" in section for section in SCHEMA["$defs"].values())


@pytest.mark.parametrize(
    "changed",
    [
        {"wieghts": 1},
        {"weights": "balancd"},
        {"weights": {"ab": -1.0}},
        {"trainer": {"steps": 0}},
        {"stages": []},
        {"stages": [{"vary": "ab"}]},
        {"stages": [{"vary": "ab", "values": [1], "times": [2]}]},
        {"stages": [{"vary": "ab", "min": 1, "max": 2}]},
        {"guardrails": {"golden_rule": "reject"}},
        {"compare": ["luck"]},
    ],
)
def test_what_the_tuner_refuses_an_editor_marks(changed):
    values = {**SMALL, **changed}
    draft = SpecBuilder(read(json.dumps(values)), "x.yaml")
    refused = not isinstance(check(draft.values), StudySpec) or draft.values["weights"] == "balancd"
    assert refused
    assert complaints(values)


@pytest.mark.parametrize("weights", ["balanced", {"ab": 0.5, "l1": 3}])
def test_weights_are_named_or_listed(weights):
    assert complaints({**SMALL, "weights": weights}) == []


@given(
    steps=st.integers(-2, 9),
    size=st.sampled_from([16, 32, 128, 1024, 4096, 64.5]),
    holdout=st.one_of(st.floats(-0.5, 1.5), st.text(max_size=3)),
    rate=st.one_of(st.floats(-1.0, 1.0), st.text(max_size=2)),
)
def test_schema_and_loader_agree_on_single_keys(steps, size, holdout, rate):
    values = {
        **SMALL,
        "data": {"image_size": size, "holdout": holdout},
        "trainer": {"steps": steps, "learning_rate": rate},
    }
    assert isinstance(check(values), StudySpec) == (not complaints(values))

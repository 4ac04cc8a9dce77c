from pathlib import Path

import numpy as np
import pytest

from tuner.errors import StudyFileError
from tuner.guide.presets import QUICK, WEIGHT_PRESETS
from tuner.spec.parsing.builder import SpecBuilder, key_parts, parse_assignments
from tuner.spec.parsing.yaml12 import read
from tuner.spec.stage import StageSpec
from tuner.wording import Mistake

TEXT = """\
study: x
weights: {ab_weight: 2.0}
stages:
  - {vary: ab_weight, values: [3]}
trainer:
"""


@pytest.fixture
def draft():
    return SpecBuilder(read(TEXT), "x.yaml")


def test_a_dotted_key_has_parts():
    assert key_parts("stages[1].values[0]") == ("stages", 1, "values", 0)


@pytest.mark.parametrize("key", ["", "a..b", "[1]", "a[x]", "a.", "a b", "a[1"])
def test_what_is_no_key_is_refused(key, draft):
    draft.override(key, 1)
    (sentence,) = draft.sentences([])
    assert sentence.startswith(f"--set {key}=1: '{key}' is no key (expected one such as")


@pytest.mark.parametrize(
    ("key", "value", "planted"),
    [
        ("trainer.steps", "300", 300),
        ("weights.ab_weight", 3, 3),
        ("stages[0].values[0]", "4", 4),
        ("data.photos", Path("1e3"), "1e3"),
        ("stages[0].values", (1, 2), [1, 2]),
        ("stages[0].values", "[1, 2]", [1, 2]),
        ("trainer.model_args", {"name": "300"}, {"name": "300"}),
        ("weights.ab_weight", np.float64(0.5), 0.5),
        (
            "stages[0]",
            StageSpec(vary="a", times=(2,)),
            {"vary": "a", "times": [2.0], "because": "", "extend": True},
        ),
        ("stages[0].values", "", None),
    ],
)
def test_an_override_is_planted_at_its_key(draft, key, value, planted):
    draft.override(key, value)
    place = draft.values
    for part in key_parts(key):
        place = place[part]
    assert place == planted
    assert draft.sentences([]) == ()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("stages[4].min", 1, "stages has [0] to [0], there is no [4]"),
        ("study.x", 1, "study is 'x', it has no x"),
        ("stages.x", 1, "the entries of stages have numbers in brackets, there is no x"),
        ("weights[0]", 1, "the entries of weights have names, there is no [0]"),
        ("seed", "[1", "not valid YAML: a '[' or '{' that is not closed, or a ',' that is missing"),
        ("seed", {1}, "got a value of type 'set', expected text, numbers or lists"),
    ],
)
def test_an_override_without_a_place_or_a_value_is_refused(draft, key, value, problem):
    draft.override(key, value)
    assert draft.sentences([]) == (f"--set {key}={value}: {problem}",)


def test_a_preset_leaves_a_section_that_is_no_section_to_the_grammar():
    draft = SpecBuilder(read("trainer: 3\nweights: x\n"), "x.yaml")
    draft.lay_preset("quick")
    assert draft.values["trainer"] == 3
    assert draft.sentences([]) == ()


def test_a_name_of_weights_becomes_the_mapping(draft):
    draft.override("weights", "vibrant")
    draft.override("weights.ab_weight", "4.5")
    assert draft.values["weights"] == WEIGHT_PRESETS["vibrant"] | {"ab_weight": 4.5}


def test_a_preset_lies_over_the_file(draft):
    draft.lay_preset("quick")
    assert draft.values["trainer"]["steps"] == QUICK["trainer.steps"]
    assert draft.values["preset"] == "quick"


def test_an_unknown_preset_is_named_with_the_nearest(draft):
    draft.lay_preset("quik")
    assert draft.sentences([]) == ("unknown preset 'quik' (did you mean 'quick'?)",)


def test_a_mistake_stands_where_its_value_came_from(draft):
    draft.lay_preset("quick")
    draft.override("trainer.stpes", "300")
    draft.override("wieghts.ab", 1)
    places = [("study",), ("trainer", "stpes"), ("wieghts",), ("trainer", "steps")]
    assert draft.sentences([Mistake(keys, "wrong") for keys in places]) == (
        "x.yaml:1: study: wrong",
        "--set wieghts.ab=1: wieghts: wrong",
        "--set trainer.stpes=300: wrong",
        "--quick: wrong",
    )


def test_a_section_that_an_override_upset_stands_at_the_override(draft):
    draft.override("stages[0].min", 1)
    section = Mistake(("stages", 0), "give exactly one", "section")
    wrong = Mistake(("stages", 0), "got 3")
    assert draft.sentences([section]) == ("--set stages[0].min=1: stages[0]: give exactly one",)
    assert draft.sentences([wrong]) == ("x.yaml:4: stages[0]: got 3",)


def test_what_is_missing_comes_last(draft):
    missing = Mistake(("seed",), "missing", "missing")
    wrong = Mistake(("stages", 0, "vary"), "wrong")
    assert draft.sentences([missing, wrong]) == (
        "x.yaml:4: stages[0].vary: wrong",
        "x.yaml:1: seed: missing",
    )


def test_mistakes_of_the_text_itself_come_first():
    draft = SpecBuilder(read("a: 1\na: 2\n1: 3\n"), "x.yaml")
    assert draft.sentences([]) == (
        "x.yaml:2: a: given twice, first in line 1",
        "x.yaml:3: the key 1 is not a text; quote it",
    )


def test_a_line_break_in_a_key_does_not_break_the_message():
    draft = SpecBuilder(read('"a\\nb": 1\n'), "x.yaml")
    assert draft.sentences([Mistake(("a\nb",), "unknown")]) == ("x.yaml:1: a\\nb: unknown",)


def test_assignments_become_overrides():
    typed = ["trainer.steps=300", "symptom=a = b", "trainer.steps=400"]
    assert parse_assignments(typed) == {"trainer.steps": "400", "symptom": "a = b"}


def test_every_assignment_without_an_equals_sign_is_told():
    with pytest.raises(StudyFileError) as caught:
        parse_assignments(["trainer.steps", "seed=1", "seed"])
    assert caught.value.mistakes == tuple(
        f"--set {text}: no '=' in it (expected KEY=VALUE, such as trainer.steps=300)"
        for text in ("trainer.steps", "seed")
    )

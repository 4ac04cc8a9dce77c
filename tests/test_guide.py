"""docs/guide.md says what holds the tool to the guide; here is what holds the page to the tool."""

import ast
import re
from pathlib import Path

import pytest

from tuner.guide.cures import CURES, WILD
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.study_file import list_studies, load_study

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))

# Study, weight, and the value that the guide names for it.
MOVES = [
    ("sepia-fix", "perceptual_weight", 0.5),
    ("sepia-fix", "perceptual_weight", 0.3),
    ("sepia-fix", "ab_weight", 3.0),
    ("sepia-fix", "ab_weight", 4.0),
    ("sepia-fix", "saturation_weight", 0.5),
    ("sepia-fix", "saturation_weight", 1.0),
    ("sepia-fix", "l_weight", 0.3),
    ("wild-colors", "perceptual_weight", 0.8),
    ("wild-colors", "ab_weight", 2.0),
    ("brightness", "l_weight", 0.5),
    ("washed-out", "saturation_weight", 1.0),
    ("washed-out", "ab_weight", 4.0),
]


def tried(study, weight):
    spec = load_study(study)
    [stage] = [stage for stage in spec.stages if stage.vary == weight]
    if stage.values:
        return stage.values
    if stage.times:
        return [factor * spec.weights[weight] for factor in stage.times]
    count = round((stage.max - stage.min) / stage.step)
    return [stage.min + stage.step * number for number in range(count + 1)]


@pytest.mark.parametrize(("study", "weight", "value"), MOVES)
def test_every_value_that_the_guide_names_is_tried(study, weight, value):
    assert any(one == pytest.approx(value, rel=0.01) for one in tried(study, weight))


def test_the_example_session_is_a_study():
    spec = load_study("sepia-fix")
    assert dict(spec.weights) == dict(WEIGHT_PRESETS["legacy"])
    assert [(stage.vary, stage.because) for stage in spec.stages] == [
        ("perceptual_weight", "Reduce perceptual dominance"),
        ("ab_weight", "Emphasize chrominance"),
        ("saturation_weight", "Push saturation"),
        ("l_weight", "Fine-tune luminance"),
    ]


@pytest.mark.parametrize("heading", list_studies(), ids=lambda heading: heading.name)
def test_shipped_studies_train_as_long_as_the_guide(heading):
    assert 5000 <= load_study(str(heading.path)).trainer.steps <= 10000


@pytest.mark.parametrize(("file", "function"), NAMED, ids=lambda value: value)
def test_every_test_that_the_page_names_exists(file, function):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_rule_has_something_that_holds_the_tool_to_it():
    rules = PAGE.split("| rule of the guide | held by |")[1].strip().splitlines()[1:]
    assert len(rules) >= 30
    assert [
        rule for rule in rules if "tests/" not in rule and "deviates, because" not in rule
    ] == []


@pytest.mark.parametrize(
    "cure", [*(cure for cure in CURES.values() if cure.study), WILD], ids=lambda cure: cure.problem
)
def test_every_cure_stands_in_the_table_with_its_study(cure):
    assert f"| `{cure.study}` |" in PAGE


def test_factors_of_the_page_are_those_of_the_studies():
    rows = re.findall(r"^\|.*\| `([\w-]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    for study, told in rows:
        named = {"l": "l_weight"} | {
            name.removesuffix("_weight"): name for name in load_study(study).weights
        }
        for short, first, last in re.findall(r"(\w+) ([\d.]+) to ([\d.]+)", told):
            [stage] = [s for s in load_study(study).stages if s.vary == named[short]]
            assert (stage.times[0], stage.times[-1]) == (float(first), float(last)), study

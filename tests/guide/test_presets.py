import pytest

from tuner.guide.presets import QUICK, STUDY_PRESETS, WEIGHT_PRESETS
from tuner.spec.parsing.builder import key_parts
from tuner.spec.parsing.validation_messages import allowed_at
from tuner.spec.study import StudySpec

KEYS = ["perceptual_weight", "l_weight", "ab_weight", "saturation_weight"]


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("legacy", [1.0, 1.0, 2.0, 0.1]),
        ("conservative", [0.5, 0.3, 2.0, 0.3]),
        ("balanced", [0.5, 0.3, 3.0, 0.5]),
        ("vibrant", [0.3, 0.2, 4.0, 1.0]),
        ("maximum", [0.2, 0.2, 5.0, 1.5]),
    ],
)
def test_the_presets_are_those_of_the_guide(name, weights):
    assert dict(WEIGHT_PRESETS[name]) == dict(zip(KEYS, weights, strict=True))


def test_there_are_no_other_presets():
    assert set(WEIGHT_PRESETS) == {"legacy", "conservative", "balanced", "vibrant", "maximum"}


def test_presets_cannot_be_edited():
    with pytest.raises(TypeError):
        WEIGHT_PRESETS["balanced"]["ab_weight"] = 4.0


@pytest.mark.parametrize("key", QUICK)
def test_quick_sets_only_keys_that_exist(key):
    assert allowed_at(key_parts(key))


def test_the_presets_of_a_study_are_those_it_may_be_labeled_with():
    labels = StudySpec.model_json_schema()["properties"]["preset"]["anyOf"][0]
    assert list(STUDY_PRESETS) == [labels["const"]]

import pytest

from tuner.spec.role_stages import role_stages
from tuner.spec.study_file import load_study


def test_the_guides_factors_move_the_weight_that_plays_the_part():
    stages = role_stages(load_study("washed-out"), {"pix": "ab"}, {"pix": 10.0})
    assert [(one.vary, one.times, one.because) for one in stages] == [
        ("pix", (1.33, 2.0, 3.0), "And increase AB weight")
    ]


def test_values_become_factors_on_the_start_of_the_guide():
    roles = {"vgg": "perceptual", "l1": "ab", "bright": "l"}
    stages = role_stages(load_study("sepia-fix"), roles, dict.fromkeys(roles, 1.0))
    assert [(one.vary, one.times) for one in stages] == [
        ("vgg", (0.3, 0.5, 0.8)), ("l1", (1.5, 2.0, 2.5)), ("bright", (0.2, 0.3, 0.5))
    ]  # fmt: skip


def test_two_weights_of_one_part_have_a_stage_each():
    roles = {"l1": "ab", "l2": "ab"}
    stages = role_stages(load_study("washed-out"), roles, {"l1": 1.0, "l2": 2.0})
    assert [one.vary for one in stages] == ["l1", "l2"]


@pytest.mark.parametrize(("roles", "start"), [({"x": "l"}, 1.0), ({"x": "ab"}, 0.0), ({}, 1.0)])
def test_a_weight_without_a_part_or_without_a_value_has_no_stage(roles, start):
    assert role_stages(load_study("washed-out"), roles, {"x": start}) == ()

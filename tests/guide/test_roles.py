import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.guide.presets import WEIGHT_PRESETS
from tuner.guide.roles import ROLES, likely_role, likely_roles, weight_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("lambda_L1", "ab"),
        ("pixel_weight", "ab"),
        ("gan", "perceptual"),
        ("w-vgg", "perceptual"),
        ("sat", "saturation"),
        ("l", "l"),
        ("brightness_weight", "l"),
        ("restraint", None),
        ("lambda_tv", None),
    ],
)
def test_the_name_of_a_weight_suggests_its_part(name, role):
    assert likely_role(name) == role


def test_weights_of_the_guide_play_their_own_part():
    for name in WEIGHT_PRESETS["balanced"]:
        assert weight_of(likely_role(name)) == name


@given(names=st.lists(st.text(max_size=8), max_size=5))
def test_any_name_suggests_a_part_or_none(names):
    assert set(likely_roles(names).values()) <= set(ROLES)

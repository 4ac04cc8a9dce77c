import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.color.loss_weights import (
    COMPONENT_WEIGHTS,
    LOSS_WEIGHTS,
    balanced,
    components_of,
    weighted_total,
    weighted_totals,
)


@settings(max_examples=25)
@given(st.floats(0, 5), st.floats(0.1, 5), st.floats(0.5, 9))
def test_only_the_ratio_of_channel_weights_matters(a, b, factor):
    assert balanced(a, b) == pytest.approx(balanced(factor * a, factor * b))
    assert sum(balanced(a, b)) == pytest.approx(2)


def test_a_weight_of_zero_keeps_even_a_nan_out():
    components = dict.fromkeys(("l_luminance", "ab_chrominance", "saturation"), torch.tensor(1.0))
    components["perceptual"] = torch.tensor(torch.nan)
    assert weighted_total(components, {"l_weight": 2.0, "ab_weight": 3.0}).item() == 5
    assert weighted_total(components | {"perceptual": torch.tensor(1.0)}, {}).item() == 0


def test_components_beyond_the_guide_exist_where_a_training_uses_them():
    assert components_of({}, {"ab_weight": 2.0, "colorfulness_weight": 0.0}) == COMPONENT_WEIGHTS
    assert list(components_of({}, {"colorfulness_weight": 0.1})) == [
        *COMPONENT_WEIGHTS, "colorfulness",
    ]  # fmt: skip


def test_the_totals_of_many_networks_are_those_of_each():
    names = list(COMPONENT_WEIGHTS)
    parts = torch.tensor([[0.2, 0.05, 0.1, 0.02], [torch.nan, 0.3, 0.4, 0.5]])
    weights = torch.tensor([[1.0, 2.0, 3.0, 0.5], [0.0, 2.0, 0.0, 4.0]])
    each = [
        weighted_total(
            dict(zip(names, row, strict=True)),
            dict(zip(COMPONENT_WEIGHTS.values(), of_row.tolist(), strict=True)),
        )
        for row, of_row in zip(parts, weights, strict=True)
    ]
    assert weighted_totals(parts, weights).tolist() == pytest.approx([float(one) for one in each])


def test_the_loss_knows_the_six_weights_of_the_guide_and_two_more():
    assert LOSS_WEIGHTS == (
        "perceptual_weight",
        "l_weight",
        "ab_weight",
        "saturation_weight",
        "a_weight",
        "b_weight",
        "rare_color_weight",
        "colorfulness_weight",
    )

import pytest

from tuner.checking.loss import check_custom_loss, check_loss
from tuner.color.loss_weights import COMPONENT_WEIGHTS
from tuner.guide.ranges import GUIDE_RANGES
from tuner.reporting.page.loss_shares import LossShares

WEIGHTS = {"perceptual_weight": 0.5, "l_weight": 0.3, "ab_weight": 3.0, "saturation_weight": 0.5}
MIDDLE = {name: (low + high) / 2 for name, (low, high) in GUIDE_RANGES.items()}


def shares_of(values, weights=WEIGHTS):
    parts = {name: weights[weight] * values[name] for name, weight in COMPONENT_WEIGHTS.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def found(values=MIDDLE, weights=WEIGHTS, random_trunk=False):
    mix = LossShares("start weights", values, shares_of(values, weights), 1)
    return [*check_loss(mix, weights, "after 9 steps", random_trunk=random_trunk)]


def about(findings, word):
    [one] = [finding for finding in findings if finding.sentence.startswith(word)]
    return one


def test_a_ratio_that_was_measured_counts_and_not_that_of_the_mean_shares():
    mix = LossShares("start weights", MIDDLE, shares_of(MIDDLE), 3, golden_ratio=13.0)
    seen = [*check_loss(mix, WEIGHTS, "after 9 steps", random_trunk=False)]
    assert "is 13 times the perceptual one" in about(seen, "golden rule").sentence


def test_every_component_has_a_range():
    assert set(GUIDE_RANGES) == set(COMPONENT_WEIGHTS)


def test_the_guides_defaults_in_the_middle_of_its_ranges_are_all_green():
    # 3.0 x 0.2 against 0.5 x 0.35: 3.4 times, inside the golden rule.
    seen = found()
    assert {one.color for one in seen} == {"green"}
    assert "is 3.4 times the perceptual one after 9 steps" in about(seen, "golden rule").sentence
    assert about(seen, "as parts of ab_weight").sentence == (
        "as parts of ab_weight: perceptual_weight 0.167, l_weight 0.1, saturation_weight 0.167 "
        "(only ratios matter; scaling all weights changes almost nothing)"
    )
    assert about(seen, "weighted shares").sentence == (
        "weighted shares after 9 steps: perceptual 21%, l_luminance 4%, ab_chrominance 72%, "
        "saturation 3%"
    )


@pytest.mark.parametrize(
    ("component", "value", "color"),
    [
        ("perceptual", 0.51, "amber"),
        ("perceptual", 0.19, "amber"),
        ("l_luminance", 0.16, "amber"),
        ("l_luminance", 0.0, "green"),
        ("ab_chrominance", 0.31, "amber"),
        ("ab_chrominance", 0.01, "green"),
        ("saturation", 0.11, "amber"),
        ("saturation", 0.001, "green"),
    ],
)
def test_a_component_outside_its_range_is_amber_where_the_guide_has_a_cure(component, value, color):
    one = about(found({**MIDDLE, component: value}), f"{component} ")
    assert (one.color, bool(one.advice)) == (color, color == "amber")
    side = "above" if value > GUIDE_RANGES[component][1] else "below"
    assert (side in one.sentence) == (color == "amber")  # a green one never reads like a fault


def test_the_range_of_lpips_is_no_matter_for_another_network_than_lpips_has():
    one = about(found({**MIDDLE, "perceptual": 0.9}, random_trunk=True), "perceptual ")
    assert (one.color, one.advice) == ("green", "")
    assert "does not hold, as another network measures it" in one.sentence


@pytest.mark.parametrize(
    ("ab_weight", "color", "said"),
    [
        (1.0, "amber", "raise ab_weight"),
        (2.0, "green", ""),
        (9.0, "amber", "lower ab_weight"),
        (0.02, "amber", "raise ab_weight"),
    ],
)
def test_the_golden_rule_compares_weighted_losses(ab_weight, color, said):
    one = about(found(weights={**WEIGHTS, "ab_weight": ab_weight}), "golden rule")
    assert one.color == color
    assert said in one.advice
    assert ("more than 10 times smaller" in one.sentence) == (ab_weight == 0.02)


@pytest.mark.parametrize(
    ("weight", "color"), [("ab_weight", "amber"), ("perceptual_weight", "green")]
)
def test_without_a_part_of_it_there_is_no_golden_rule(weight, color):
    one = about(found(weights={**WEIGHTS, weight: 0.0}), "the golden rule")
    assert (one.color, weight in one.sentence) == (color, True)


@pytest.mark.parametrize(
    ("values", "color"),
    [
        ({"total": 100.0, "pixel": 0.97, "edge": 1.5}, "amber"),  # 97 + 3: weighted by 100 and 2
        ({"total": 100.0, "pixel": 97.0, "edge": 3.0}, "amber"),
        ({"total": 100.0, "pixel": 0.5, "edge": 25.0}, "green"),
        ({"total": 100.0, "pixel": 7.0, "edge": 3.0}, "green"),
        ({"total": 100.0, "pixel": 1.0}, "green"),
        ({"total": 100.0}, "green"),
    ],
)
def test_a_term_of_an_own_loss_that_is_nearly_all_of_it_is_amber(values, color):
    averages = {f"loss/{name}": value for name, value in values.items()}
    one = check_custom_loss("mine:Loss", averages, {"pixel": 100.0, "edge_weight": 2.0}, 3)
    assert one.color == color
    assert ("'pixel' makes up 97% of the total" in one.sentence) == (color == "amber")

import math

import pytest
import torch

from tuner.color.weightings.uncertainty_weighting import TEMPERATURE
from tuner.results import Trial
from tuner.training.loss_weighting import (
    StepTensors,
    unweighted_components,
    used_components,
    weighting_of,
)

COMPONENTS = {
    "perceptual": torch.tensor(0.2),
    "l_luminance": torch.tensor(0.05),
    "ab_chrominance": torch.tensor(0.1),
    "saturation": torch.tensor(0.02),
}
WEIGHTS = {
    "perceptual_weight": 1.0, "l_weight": 2.0, "ab_weight": 3.0, "saturation_weight": 0.0
}  # fmt: skip
PICTURE = torch.zeros(1, 3, 4, 4)


def trial(rival="", seed=1, **weights):
    return Trial(weights={**WEIGHTS, **weights}, seed=seed, steps=10, role="rival", rival=rival)


def total_of(components, of, step):
    return weighting_of(of).total(StepTensors(components, PICTURE, PICTURE, step))


def test_a_trial_of_the_study_is_weighed_by_its_weights():
    assert total_of(COMPONENTS, trial(), 0).item() == pytest.approx(0.2 + 2 * 0.05 + 3 * 0.1)


def test_a_preset_is_too():
    preset = total_of(COMPONENTS, trial("balanced"), 5)
    assert preset.item() == pytest.approx(total_of(COMPONENTS, trial(), 5).item())


def test_softmax_uncertainty_weighting_by_hand():
    losses = [value.item() for value in COMPONENTS.values()]
    shares = [math.exp(1 / loss / TEMPERATURE) for loss in losses]
    expected = 4 * sum(s * loss for s, loss in zip(shares, losses, strict=True)) / sum(shares)
    assert total_of(COMPONENTS, trial("uw-so"), 0).item() == pytest.approx(expected, rel=1e-5)


def test_softmax_uncertainty_weighting_does_not_learn_through_its_weights():
    losses = {name: value.clone().requires_grad_() for name, value in COMPONENTS.items()}
    total_of(losses, trial("uw-so"), 0).backward()
    gradients = [value.grad.item() for value in losses.values()]
    assert sum(gradients) == pytest.approx(4, rel=1e-5)
    assert gradients[3] == max(gradients)


def test_random_weights_are_drawn_anew_for_each_step_and_come_again():
    totals = [total_of(COMPONENTS, trial("rlw"), step).item() for step in range(20)]
    assert len(set(totals)) == 20
    assert totals == [total_of(COMPONENTS, trial("rlw"), step).item() for step in range(20)]
    assert totals[0] != total_of(COMPONENTS, trial("rlw", seed=2), 0).item()


def test_random_weights_favor_no_component():
    """Means over many steps are those of equal weights."""
    ones = {name: torch.tensor(1.0) for name in COMPONENTS}
    assert total_of(ones, trial("rlw"), 3).item() == pytest.approx(4)
    weighed = {name: torch.tensor(float(name == "saturation")) for name in COMPONENTS}
    mean = sum(total_of(weighed, trial("rlw"), step).item() for step in range(3000)) / 3000
    assert mean == pytest.approx(1, abs=0.06)


def test_the_weights_of_the_study_are_the_balancer_s_shares_of_the_gradient():
    output = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    losses = {
        "perceptual": 7 * output[:, 0].sum(),
        "l_luminance": output[:, 1].square().sum(),
        "ab_chrominance": 0.1 * output[:, 2].sum(),
        "saturation": torch.tensor(0.02),
    }
    now = StepTensors(losses, output, output.detach(), 0)
    weighting_of(trial("balancer")).total(now).backward()
    lengths = output.grad.flatten(2).norm(dim=2).mean(0)
    assert lengths.tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6], rel=1e-4)


def test_a_balancer_without_any_share_has_no_gradient():
    idle = trial("balancer", perceptual_weight=0.0, l_weight=0.0, ab_weight=0.0)
    assert not total_of(COMPONENTS, idle, 0).requires_grad


def test_learned_weights_follow_the_objective():
    output = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(2)).requires_grad_()
    losses = {name: output.mean() * 0 for name in COMPONENTS}
    losses |= {"l_luminance": output[:, 0].mean(), "saturation": output[:, 1].mean()}
    learned = weighting_of(trial("aligned-hpo"), lambda prediction, _: prediction[:, 1].sum())
    learned.total(StepTensors(losses, output, output.detach(), 0)).backward()
    assert output.grad[:, 0].abs().max() == 0
    assert output.grad[:, 1].min() > 0


def test_a_computed_weighting_uses_the_guide_s_components_and_the_balancer_those_with_a_weight():
    assert [*used_components(trial("aligned-hpo", rare_color_weight=1.0))] == [*COMPONENTS]
    assert "rare_color" in used_components(trial("balancer", rare_color_weight=1.0))
    assert unweighted_components(trial("balancer")) == ["saturation"]
    assert unweighted_components(trial("aligned-hpo")) == []

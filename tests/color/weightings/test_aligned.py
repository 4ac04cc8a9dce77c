import json

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from tuner.color.weightings.aligned import AlignedWeights, best_direction


def directions(seed, n=4, size=6):
    drawn = np.random.default_rng(seed).normal(size=(n + 1, size))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
@example(682)  # two that nearly point the same way
def test_the_weights_are_those_of_nonnegative_least_squares(seed):
    """The best direction is that of the nearest point of the cone, scaled to length 1."""
    *parts, wanted = directions(seed)
    parts = np.array(parts)
    found = best_direction((parts @ parts.T).tolist(), (parts @ wanted).tolist())
    nearest, _ = nnls(parts.T, wanted)
    length = np.linalg.norm(nearest @ parts)
    if length > 1e-6:
        assert found == pytest.approx(nearest / length, abs=1e-4)
    else:
        assert len(set(found)) == 1


def test_two_components_at_a_right_angle_get_the_wanted_direction():
    assert best_direction([[1, 0], [0, 1]], [0.6, 0.8]) == pytest.approx([0.6, 0.8])


def test_what_points_away_from_the_objective_gets_no_weight():
    assert best_direction([[1, 0], [0, 1]], [0.6, -0.8]) == [1, 0]


def test_where_nothing_helps_all_count_alike():
    assert best_direction([[1, 0], [0, 1]], [-0.6, 0]) == pytest.approx([0.5**0.5] * 2)


def step(weighting, seed):
    output = torch.randn(2, 8, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    losses = {"l1": 40 * output.abs().mean(), "square": (output - 1).square().mean()}
    total = weighting(losses, output, objective=(output - 0.5).abs().sum())
    (gradient,) = torch.autograd.grad(total, output)
    return total.item(), gradient


def test_the_gradient_of_the_first_step_is_the_best_that_can_be_had():
    """By torch.autograd: no other mix of the two agrees better with the objective."""
    output = torch.randn(2, 8, generator=torch.Generator().manual_seed(5)).requires_grad_()
    parts = [40 * output.abs().mean(), (output - 1).square().mean()]
    first, second, wanted = (
        torch.autograd.grad(one, output, retain_graph=True)[0].flatten()
        for one in (*parts, (output - 0.5).abs().sum())
    )
    _, gradient = step(AlignedWeights(), 5)
    assert gradient.norm().item() == pytest.approx(1, rel=1e-5)
    cosine = torch.nn.functional.cosine_similarity
    found = cosine(gradient.flatten(), wanted, dim=0)
    for share in torch.linspace(0, 1, 41):
        mix = share * first / first.norm() + (1 - share) * second / second.norm()
        assert cosine(mix, wanted, dim=0) <= found + 1e-6


def test_a_component_or_an_objective_without_gradient_is_finite():
    output = torch.ones(1, 4, requires_grad=True)
    losses = {"some": output.sum(), "none": (0 * output).sum()}
    for objective in (output.square().sum(), (0 * output).sum()):
        total = AlignedWeights()(losses, output, objective)
        (gradient,) = torch.autograd.grad(total, output, retain_graph=True)
        assert gradient.isfinite().all()
        assert gradient.norm() > 0


def test_it_goes_on_from_its_state_to_the_last_bit():
    whole, part, rest = AlignedWeights(), AlignedWeights(), AlignedWeights()
    totals = [step(whole, seed)[0] for seed in range(14)]
    for seed in range(11):
        step(part, seed)
    rest.load_state_dict(json.loads(json.dumps(part.state_dict())))
    assert [step(rest, seed)[0] for seed in range(11, 14)] == totals[11:]

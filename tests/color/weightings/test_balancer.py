import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.color.weightings.balancer import LossBalancer


def batch(seed, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(3, 2, 4, 4, generator=generator)).requires_grad_()


def losses_of(output):
    return {"l1": 50 * output.abs().mean(), "square": 0.01 * output.square().mean()}


def published(weights, outputs, decay=0.999):
    """The formula of the paper by torch.autograd: the gradient that each output gets."""
    sums, count, gradients = dict.fromkeys(weights, 0.0), 0.0, []
    for output in outputs:
        parts = {
            name: torch.autograd.grad(loss, output, retain_graph=True)[0].double()
            for name, loss in losses_of(output).items()
        }
        count = count * decay + 1
        for name, part in parts.items():
            norm = torch.stack([one.norm() for one in part]).mean()
            sums[name] = sums[name] * decay + norm
        gradients.append(
            sum(
                part * (weights[name] / sum(weights.values())) / (sums[name] / count)
                for name, part in parts.items()
            )
        )
    return gradients


def test_the_gradient_of_each_step_is_that_of_the_published_formula():
    weights = {"l1": 1.0, "square": 3.0}
    balancer = LossBalancer(weights)
    outputs = [batch(seed, scale=seed + 1) for seed in range(4)]
    for output, expected in zip(outputs, published(weights, outputs), strict=True):
        (gradient,) = torch.autograd.grad(balancer(losses_of(output), output), output)
        torch.testing.assert_close(gradient.double(), expected, rtol=1e-5, atol=1e-9)


def test_a_weight_is_a_share_of_the_gradient_whatever_the_size_of_its_component():
    output = torch.zeros(2, 3, requires_grad=True)
    losses = {"a": 1000 * output[:, 0].sum(), "b": 0.001 * output[:, 1].sum()}
    LossBalancer({"a": 1.0, "b": 3.0})(losses, output).backward()
    assert output.grad[:, 0].tolist() == pytest.approx([0.25, 0.25])
    assert output.grad[:, 1].tolist() == pytest.approx([0.75, 0.75])


@settings(deadline=None, max_examples=20)
@given(st.floats(0.001, 1000), st.floats(1e-3, 1e6))
def test_neither_the_sum_of_the_weights_nor_the_scale_of_a_loss_changes_a_step(factor, scale):
    output = batch(1)
    one = LossBalancer({"l1": 1.0, "square": 2.0})(losses_of(output), output)
    scaled = {name: scale * loss for name, loss in losses_of(output).items()}
    other = LossBalancer({"l1": factor, "square": 2 * factor})(scaled, output)
    (first,), (second,) = (torch.autograd.grad(total, output) for total in (one, other))
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-7)


def test_a_component_without_gradient_leaves_the_others_as_they_are():
    output = batch(2)
    losses = {**losses_of(output), "none": (0 * output).sum()}
    total = LossBalancer({"l1": 1.0, "none": 1.0})(losses, output)
    (gradient,) = torch.autograd.grad(total, output)
    assert gradient.isfinite().all()
    assert gradient.flatten(1).norm(dim=1).mean().item() == pytest.approx(0.5, rel=1e-5)


def test_a_component_of_weight_0_may_be_missing():
    output = batch(3)
    losses = {"l1": losses_of(output)["l1"]}
    assert LossBalancer({"l1": 1.0, "square": 0.0})(losses, output).isfinite()


def test_it_goes_on_from_its_state_to_the_last_bit():
    whole, part = (LossBalancer({"l1": 1.0, "square": 2.0}) for _ in range(2))
    outputs = [batch(seed) for seed in range(6)]
    totals = [whole(losses_of(output), output).item() for output in outputs]
    for output in outputs[:3]:
        part(losses_of(output), output)
    rest = LossBalancer({"l1": 1.0, "square": 2.0})
    rest.load_state_dict(json.loads(json.dumps(part.state_dict())))
    assert [rest(losses_of(output), output).item() for output in outputs[3:]] == totals[3:]

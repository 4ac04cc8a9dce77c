import kornia
import pytest
import torch

from tuner.color.loss_terms import LossTerms
from tuner.color.loss_weights import (
    balanced,
)
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab


@pytest.fixture(scope="module")
def terms(alex):
    return LossTerms(alex)


def test_lab100_is_its_formula_on_labs_of_kornia(terms, alex, photos):
    prediction, target = photos[:3], photos[30:33]
    found = terms.compare(prediction, terms.observe(target), a_weight=1, b_weight=3)
    p, t = (kornia.color.rgb_to_lab(rgb).double() for rgb in (prediction, target))
    d = (p - t) / 100
    c_p, c_t = ((x[:, 1] ** 2 + x[:, 2] ** 2 + 0.25).sqrt() for x in (p, t))
    squared_ab = 0.5 * d[:, 1] ** 2 + 1.5 * d[:, 2] ** 2
    expected = {
        "perceptual": alex(prediction, target).mean(),
        "l_luminance": ((d[:, 0] ** 2 + 1e-6).sqrt() - 1e-3).mean(),
        "ab_chrominance": ((squared_ab + 1e-6).sqrt() - 1e-3).mean(),
        "saturation": (((c_p - c_t) / 100) ** 2).mean(),
    }
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(value.item(), rel=1e-5), name


def test_v3_is_the_first_code_on_labs_of_kornia(alex, photos):
    terms = LossTerms(alex, "v3")
    prediction, target = gray_of(photos[:3]), photos[:3]
    found = terms.compare(prediction, terms.observe(target))
    p, t = (kornia.color.rgb_to_lab(rgb).double() for rgb in (prediction, target))
    c_p, c_t = ((x[:, 1] ** 2 + x[:, 2] ** 2).sqrt().mean() for x in (p, t))
    expected = {
        "perceptual": alex(prediction, target).mean(),
        "l_luminance": ((p[:, :1] - t[:, :1]) ** 2).mean() / 100**2,
        "ab_chrominance": ((((p[:, 1:] + 128) / 256) - ((t[:, 1:] + 128) / 256)) ** 2).mean(),
        "saturation": (c_p - c_t) ** 2,
    }
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(value.item(), rel=1e-5, abs=1e-6), name


@pytest.mark.parametrize("variant", ["lab100", "v3"])
@pytest.mark.parametrize("batches", [(0, 0, 0), (0, 1, 0)])
def test_several_networks_are_compared_as_each_by_itself(alex, photos, variant, batches):
    terms = LossTerms(alex, variant)
    both = [terms.observe(photos[:2]), terms.observe(photos[6:8])]
    sides = [both[batch] for batch in batches]
    weights = [(1.0, 1.0), (0.5, 1.5), (3.0, 1.0)]
    predicted = torch.stack([gray_of(photos[:2]), photos[2:4], photos[4:6]])
    together, singly = (predicted.clone().requires_grad_() for _ in range(2))
    shares = torch.tensor([balanced(*one) for one in weights])
    found = terms.compare_each(together, sides, shares)
    for index, (a, b) in enumerate(weights):
        expected = terms.compare(singly[index], sides[index], a, b)
        for name, value in expected.items():
            assert found[name][index].item() == pytest.approx(value.item(), rel=1e-5), name
        sum(expected.values()).backward()
    sum(value.sum() for value in found.values()).backward()
    assert torch.allclose(together.grad, singly.grad, rtol=1e-3, atol=1e-7)


def test_a_component_without_training_has_no_gradient_for_several_either(terms, photos):
    predictions = photos[None, :2].clone().requires_grad_()
    sides = [terms.observe(photos[:2])]
    found = terms.compare_each(predictions, sides, torch.ones(1, 2), detached=["saturation"])
    assert not found["saturation"].requires_grad
    assert found["ab_chrominance"].requires_grad


def test_known_answers_of_one_uniform_step(terms):
    """12 units brighter is 0.12; (3, 4) in ab is 0.05; chroma 10 against 0 is 0.01."""
    target = torch.tensor([50.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    step = torch.tensor([12.0, 6.0, 8.0]).view(1, 3, 1, 1)
    side = terms.observe(lab_to_rgb(target))
    found = terms.compare(lab_to_rgb(target + step), side)
    assert found["l_luminance"].item() == pytest.approx(0.12, abs=1.1e-3)
    assert found["ab_chrominance"].item() == pytest.approx(0.10, abs=1.1e-3)
    assert found["saturation"].item() == pytest.approx(0.01, rel=0.12)


def test_the_photo_itself_costs_nothing(terms, photos):
    found = terms.compare(photos[:2], terms.observe(photos[:2]))
    assert all(abs(value.item()) < 1e-6 for value in found.values())


def test_one_target_side_serves_many_predictions(terms, photos):
    side = terms.observe(photos[:2])
    alone = terms.compare(gray_of(photos[:2]), terms.observe(photos[:2]))
    terms.compare(photos[2:4], side)
    assert all(torch.equal(terms.compare(gray_of(photos[:2]), side)[k], alone[k]) for k in alone)


def test_saturation_pulls_gray_nowhere_but_ab_does(terms, photos):
    prediction = gray_of(photos[:1]).requires_grad_()
    found = terms.compare(prediction, terms.observe(photos[:1]))
    pulls = [
        torch.autograd.grad(found[name], prediction, retain_graph=True)[0].abs().max().item()
        for name in ("saturation", "ab_chrominance")
    ]
    assert pulls[0] < 0.05 * pulls[1]


def test_autocast_does_not_reach_the_loss(terms, photos):
    plain = terms.compare(photos[:2], terms.observe(photos[2:4]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = terms.compare(photos[:2], terms.observe(photos[2:4]))
    assert all(torch.equal(inside[name], plain[name]) for name in plain)


def test_vmap_trains_many_predictions_at_once(terms, photos):
    side = terms.observe(photos[:2])
    many = torch.stack((gray_of(photos[:2]), photos[2:4]))
    mapped = torch.func.vmap(lambda prediction: terms.compare(prediction, side))(many)
    for number, prediction in enumerate(many):
        alone = terms.compare(prediction, side)
        for name, value in alone.items():
            torch.testing.assert_close(mapped[name][number], value, rtol=1e-4, atol=1e-6)


def test_more_weight_on_b_counts_blue_and_yellow_more(terms, photos):
    lab = rgb_to_lab(photos[:2])
    lab[:, 2] += 10
    prediction, side = lab_to_rgb(lab).clamp(0, 1), terms.observe(photos[:2])
    even = terms.compare(prediction, side)["ab_chrominance"]
    tilted = terms.compare(prediction, side, a_weight=1, b_weight=3)["ab_chrominance"]
    assert tilted > 1.1 * even

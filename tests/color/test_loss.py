import pytest
import torch

from tuner.color import trunk_files
from tuner.color.loss import ColorizationLossEnhanced
from tuner.color.perceptual import PerceptualDistance
from tuner.color.spaces import gray_of
from tuner.errors import TrainerError

KEYS = ["total", "perceptual", "l_luminance", "ab_chrominance", "saturation"]


@pytest.fixture
def loss(alex):
    return ColorizationLossEnhanced(perceptual=alex)


def test_it_returns_exactly_the_five_numbers(loss, photos):
    values = loss(gray_of(photos[:2]), photos[:2])
    assert list(values) == KEYS
    assert all(value.shape == () for value in values.values())


def test_the_guides_constructor_works_positionally(monkeypatch, alex):
    built = []
    monkeypatch.setattr(
        "tuner.color.loss.PerceptualDistance",
        lambda net, device: built.append((net, str(device))) or alex,
    )
    loss = ColorizationLossEnhanced(0.1, 0.2, 0.3, 0.4, "vgg", "cpu")
    weights = (loss.perceptual_weight, loss.l_weight, loss.ab_weight, loss.saturation_weight)
    assert weights == (0.1, 0.2, 0.3, 0.4)
    assert built == [("vgg", "cpu")]


def test_the_defaults_are_those_of_the_guide(loss):
    weights = (loss.perceptual_weight, loss.l_weight, loss.ab_weight, loss.saturation_weight)
    assert weights == (0.5, 0.3, 3.0, 0.5)
    assert (loss.a_weight, loss.b_weight) == (1.0, 1.0)


def test_the_total_is_the_weighted_sum_of_unweighted_components(loss, photos):
    values = loss(gray_of(photos[:2]), photos[:2])
    weights = [0.5, 0.3, 3.0, 0.5]
    expected = sum(w * values[name].item() for w, name in zip(weights, KEYS[1:], strict=True))
    assert values["total"].item() == pytest.approx(expected, rel=1e-6)


def test_weights_may_change_between_steps(loss, photos):
    before = loss(gray_of(photos[:2]), photos[:2])
    loss.ab_weight = 4.0
    after = loss(gray_of(photos[:2]), photos[:2])
    gained = after["total"] - before["total"]
    assert gained.item() == pytest.approx(before["ab_chrominance"].item(), rel=1e-4)


def test_a_component_without_weight_is_reported_without_gradient(alex, photos):
    loss = ColorizationLossEnhanced(perceptual_weight=0, saturation_weight=0, perceptual=alex)
    prediction = gray_of(photos[:2]).requires_grad_()
    values = loss(prediction, photos[:2])
    assert [name for name in KEYS if values[name].requires_grad] == [
        "total",
        "l_luminance",
        "ab_chrominance",
    ]
    assert values["perceptual"] > 0


def test_components_lie_where_the_guide_expects_them(loss, photos):
    values = loss(gray_of(photos), photos)
    assert 0.1 < values["ab_chrominance"] < 0.4
    assert 0.1 < values["perceptual"] < 0.5
    assert 0.01 < values["saturation"] < 0.15


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("variant", ["lab100", "v3"])
def test_gradients_are_finite_on_black_gray_and_white(alex, variant, value):
    loss = ColorizationLossEnhanced(variant=variant, perceptual=alex)
    prediction = torch.full((1, 3, 32, 32), value, requires_grad=True)
    loss(prediction, torch.rand(1, 3, 32, 32))["total"].backward()
    assert prediction.grad.isfinite().all()
    assert prediction.grad.abs().max() > 0


def test_cuda_becomes_the_cpu_where_there_is_none(monkeypatch, alex):
    monkeypatch.setattr("tuner.color.loss.PerceptualDistance", lambda net, device: alex)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.warns(UserWarning, match="CUDA is not available") as caught:
        ColorizationLossEnhanced()
    assert len(caught) == 1


def test_a_random_trunk_is_said_once(monkeypatch, tmp_path):
    def offline(net, device):
        return PerceptualDistance("squeeze", "auto", device, allow_download=False)

    monkeypatch.setattr(trunk_files, "PACKAGE", "no-such-package")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setattr("tuner.color.loss.PerceptualDistance", offline)
    with pytest.warns(UserWarning, match="random weights") as caught:
        ColorizationLossEnhanced(device="cpu")
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        (torch.zeros(3, 32, 32), torch.zeros(3, 32, 32), r"shape \(B, 3, H, W\), got \(3, 32, 32"),
        (torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32), r"got \(1, 1, 32, 32\)"),
        (torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 33), r"and \(1, 3, 32, 33\)"),
        (
            torch.zeros(1, 3, 32, 32),
            torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
            r"target has to hold floats in \[0, 1\], got torch.uint8 \(divide",
        ),
        (
            torch.zeros(1, 3, 32, 32),
            torch.full((1, 3, 32, 32), -1.0),
            r"values go from -1 to -1 \(from \[-1, 1\]",
        ),
        (torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 255.0), "from 255 to 255"),
        (torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), torch.nan), "from nan to nan"),
        (torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16), "at least 31x31 pixels"),
    ],
)
def test_wrong_pictures_are_named(loss, prediction, target, message):
    with pytest.raises(TrainerError, match=message):
        loss(prediction, target)


@pytest.mark.parametrize("weights", [(0, 0), (-1, 2), (float("nan"), 1)])
def test_impossible_channel_weights_are_refused(alex, weights):
    with pytest.raises(TrainerError, match="a_weight and b_weight have to be 0 or more"):
        ColorizationLossEnhanced(a_weight=weights[0], b_weight=weights[1], perceptual=alex)


def test_an_unknown_variant_is_refused(alex):
    with pytest.raises(TrainerError, match=r"unknown variant 'v4' \(allowed: lab100, v3\)"):
        ColorizationLossEnhanced(variant="v4", perceptual=alex)

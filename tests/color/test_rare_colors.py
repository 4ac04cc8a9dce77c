import json
import runpy
from pathlib import Path

import kornia
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from tuner.color.loss import ColorizationLossEnhanced
from tuner.color.loss_terms import LossTerms
from tuner.color.metrics import POOL, pooled_colorfulness, soft_colorfulness
from tuner.color.rare_colors import (
    BINS,
    PRIOR,
    bins_of,
    count_colors,
    rarity,
    reachable,
    usual_weights,
    weights_of,
)
from tuner.color.spaces import gray_of, lab_to_rgb, rgb_to_lab

EXTRA = ("rare_color", "colorfulness")


def ab(*colors):
    """Colors as a picture of one row, (2, 1, n)."""
    return torch.tensor(colors, dtype=torch.float32).T[:, None, :]


@pytest.fixture(scope="module")
def terms(alex):
    return LossTerms(alex)


def test_a_bin_is_ten_units_wide():
    a, b = bins_of(ab((-110.0, -100.01), (0.0, 9.99), (-0.01, 500.0)))
    assert (a.tolist(), b.tolist()) == ([[0, 11, 10]], [[0, 11, 21]])


def test_colors_are_counted():
    counts = count_colors(ab((1.0, 1.0), (2.0, 9.0), (-5.0, 1.0)))
    assert (counts.sum(), counts[11, 11], counts[10, 11]) == (3, 2, 1)


def test_srgb_reaches_gray_and_its_corners_and_no_more():
    corners = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    inside = reachable()
    assert inside[bins_of(rgb_to_lab(corners.T[:, None, :])[1:])].all()
    assert inside[11, 11]
    assert not inside[0, 0]
    assert 230 < inside.sum() < 300


def test_where_every_color_is_equally_frequent_every_weight_is_about_1():
    weights = weights_of(reachable().long() * 1000)
    assert weights[11, 11].item() == pytest.approx(1, abs=0.1)


def test_the_weights_are_those_of_the_paper_on_another_gaussian():
    counts = torch.tensor(json.loads(PRIOR.read_text())["counts"])
    inside = reachable().numpy()
    smooth = gaussian_filter(counts.numpy().astype(float), 0.5, mode="constant", truncate=50)
    share = smooth * inside / (smooth * inside).sum()
    weights = 1 / (0.5 * share + 0.5 / inside.sum())
    expected = weights / (share * weights).sum()
    assert np.allclose(weights_of(counts).numpy(), expected, rtol=1e-4)


def test_the_weights_of_photographs_have_the_mean_1_and_gray_the_least():
    counts = torch.tensor(json.loads(PRIOR.read_text())["counts"]).float()
    assert 0.8 < (counts * usual_weights()).sum() / counts.sum() <= 1  # smoothed colors have 1
    gray, red, blue = rarity(ab((0.0, 0.0), (75.0, 60.0), (30.0, -80.0)))[0]
    assert gray < 0.5
    assert min(red, blue) > 10 * gray


def test_the_prior_is_what_its_command_counts(tmp_path, monkeypatch):
    for name, color in (("red", (200, 20, 20)), ("gray", (90, 90, 90))):
        Image.new("RGB", (32, 16), color).save(tmp_path / f"{name}.png")
    into = tmp_path / "prior.json"
    command = Path(__file__).parents[2] / "benchmarks" / "color_prior.py"
    monkeypatch.setattr("sys.argv", ["color_prior", str(tmp_path), "--into", str(into)])
    runpy.run_path(str(command), run_name="__main__")
    found = json.loads(into.read_text())
    assert found["photos"] == 2
    assert sorted(count for row in found["counts"] for count in row if count) == [512, 512]
    assert len(found["counts"]) == BINS


def test_rare_color_is_its_formula_on_labs_of_kornia(terms, photos):
    prediction, target = photos[:3], photos[30:33]
    found = terms.compare(prediction, terms.observe(target), 1, 3, extra=["rare_color"])
    p, t = (kornia.color.rgb_to_lab(rgb).double() for rgb in (prediction, target))
    d = (p - t) / 100
    length = (0.5 * d[:, 1] ** 2 + 1.5 * d[:, 2] ** 2 + 1e-6).sqrt() - 1e-3
    expected = (rarity(t[:, 1:]) * length).mean().item()
    assert found["rare_color"].item() == pytest.approx(expected, rel=1e-3)


def test_an_error_in_red_costs_more_than_one_in_gray(terms):
    def cost(lab, step):
        rgb = [lab_to_rgb(torch.tensor(each).view(1, 3, 1, 1).expand(1, 3, 32, 32))
               for each in (lab, [lab[0], lab[1] + step, lab[2]])]  # fmt: skip
        return terms.compare(rgb[1], terms.observe(rgb[0]), extra=["rare_color"])["rare_color"]

    gray, red = cost([50.0, 1.0, 1.0], 3.0), cost([50.0, 65.0, 45.0], 3.0)
    assert red / gray == pytest.approx(float(rarity(ab((65.0, 45.0))) / rarity(ab((1.0, 1.0)))))


def test_colorfulness_is_hasler_and_suesstrunks(photos):
    some = photos[::9]
    assert torch.allclose(soft_colorfulness(some), pooled_colorfulness(some), rtol=0.05, atol=0.2)
    blocks = some.double().numpy().reshape(-1, 3, POOL, POOL, POOL, POOL).mean((3, 5)) * 255
    rg = blocks[:, 0] - blocks[:, 1]
    yb = (blocks[:, 0] + blocks[:, 1]) / 2 - blocks[:, 2]
    spread = np.sqrt(rg.var((1, 2)) + yb.var((1, 2)) + 0.25)
    offset = np.sqrt(rg.mean((1, 2)) ** 2 + yb.mean((1, 2)) ** 2 + 0.25)
    assert np.allclose(soft_colorfulness(some).numpy(), spread + 0.3 * offset, rtol=1e-4)


def test_a_known_answer_of_colorfulness():
    """Gray has 0.5 + 0.3 x 0.5; a red of 255, 0, 0 has offsets of 255 and 127.5, and no spread."""
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 16, 16)
    assert soft_colorfulness(torch.full_like(red, 0.4)).item() == pytest.approx(0.65, abs=1e-4)
    assert soft_colorfulness(red).item() == pytest.approx(0.5 + 0.3 * 285.1, abs=0.05)


def test_pale_and_neon_cost_alike_and_the_photo_nothing(terms, photos):
    target = photos[:1]
    gray = gray_of(target)
    pale, neon = (gray + share * (target - gray) for share in (0.5, 2.0))

    def cost(prediction):
        side = terms.observe(target)
        return terms.compare(prediction, side, extra=["colorfulness"])["colorfulness"].item()

    assert cost(target) == pytest.approx(0, abs=1e-6)
    assert cost(pale) > 0.3
    assert cost(neon) > 0.3


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_gradients_are_finite_on_black_gray_and_white(terms, photos, value):
    prediction = torch.full_like(photos[:2], value).requires_grad_()
    found = terms.compare(prediction, terms.observe(photos[:2]), extra=EXTRA)
    (found["rare_color"] + found["colorfulness"]).backward()
    assert torch.isfinite(prediction.grad).all()


def test_without_their_weights_the_loss_is_the_guides_to_the_last_bit(alex, photos):
    usual = ColorizationLossEnhanced(device="cpu", perceptual=alex)
    further = ColorizationLossEnhanced(
        device="cpu", perceptual=alex, rare_color_weight=2.0, colorfulness_weight=0.5
    )
    found, more = (loss(gray_of(photos[:2]), photos[:2]) for loss in (usual, further))
    assert list(found) == ["total", "perceptual", "l_luminance", "ab_chrominance", "saturation"]
    assert list(more) == [*found, *EXTRA]
    assert all(torch.equal(found[name], more[name]) for name in found if name != "total")
    expected = found["total"] + 2.0 * more["rare_color"] + 0.5 * more["colorfulness"]
    assert more["total"].item() == pytest.approx(expected.item(), rel=1e-6)
    further.rare_color_weight = further.colorfulness_weight = 0.0
    assert torch.equal(further(gray_of(photos[:2]), photos[:2])["total"], found["total"])

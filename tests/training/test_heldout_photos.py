from dataclasses import replace

import pytest
import torch
from small_training import Heard, prepared_of, spec_of, trial

from tuner.color.spaces import gray_of
from tuner.training.model import build_model
from tuner.training.trial_group import train_together

MARGIN = 16


@pytest.fixture(scope="module")
def surrounded(photos, tmp_path_factory):
    spec = spec_of(photos)
    data = spec.data.model_copy(update={"surroundings": MARGIN})
    folder = tmp_path_factory.mktemp("surrounded") / "study"
    return prepared_of(spec.model_copy(update={"data": data}), folder).context


def test_held_out_squares_are_colored_with_their_surroundings(surrounded):
    heldout, model = surrounded.heldout, build_model({"base_width": 4}, 0)
    torch.nn.init.normal_(model.head.weight)
    with torch.no_grad():
        colored, alone = heldout.colored(model), model(heldout.gray)
        wide = model(heldout.surrounded)
    assert colored.shape == heldout.rgb.shape
    assert torch.equal(colored, wide[..., MARGIN:-MARGIN, MARGIN:-MARGIN])
    assert not torch.allclose(colored, alone, atol=1e-3)


def test_without_surroundings_the_squares_are_all_that_is_seen(context):
    assert torch.equal(context.heldout.gray, context.heldout.surrounded)


def test_the_gray_of_the_squares_is_that_of_their_colors(surrounded):
    heldout = surrounded.heldout
    assert torch.equal(gray_of(heldout.rgb)[:, :1], heldout.gray)


@pytest.mark.parametrize("engine", ["folded", "stacked"])
def test_every_engine_trains_on_the_middle_of_what_is_seen(surrounded, engine):
    trials = [trial(0), trial(1, ab_weight=4.0)]
    scores = []
    for one in ("loop", engine):
        context = Heard().on(replace(surrounded, threads=1).by(one))
        scores.append([result.score for result in train_together(trials, context, lambda _: None)])
    assert scores[1] == pytest.approx(scores[0], rel=1e-3)


def test_pictures_show_photos_that_are_larger_than_a_square(surrounded):
    gray, colored, photo = surrounded.heldout.views(build_model({"base_width": 4}, 0))
    assert gray.shape == colored.shape == photo.shape
    assert photo.shape[1] > surrounded.heldout.rgb.shape[-1]

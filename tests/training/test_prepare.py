import pytest
import torch
from small_photos import fill_wide
from small_training import WEIGHTS, prepared_of, spec_of

from tuner.color import trunk_files
from tuner.color.trunk import random_weights
from tuner.errors import PhotosError, TrainerError
from tuner.spec.objective import ObjectiveSpec
from tuner.training import prepare as making
from tuner.training import scoring
from tuner.training.prepare import check_weights
from tuner.training.scoring import with_score_version


@pytest.fixture
def nothing_cached(monkeypatch, tmp_path):
    """No weight files on disk or in a package, and no network."""
    monkeypatch.setattr(trunk_files, "PACKAGE", "no-such-package")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(trunk_files, "_answers", lambda address, patience: False)


# weights


def test_weights_that_the_loss_knows_are_taken(photos):
    check_weights(spec_of(photos, weights={**WEIGHTS, "a_weight": 1.2, "b_weight": 0.8}))


def test_an_unknown_weight_is_refused_with_both_sets_and_the_nearest(photos):
    with pytest.raises(TrainerError) as refusal:
        check_weights(spec_of(photos, weights={"ab_wieght": 2.0, "l_weight": 1.0}))
    assert str(refusal.value) == (
        "weights: the built-in loss does not know 'ab_wieght' (did you mean 'ab_weight'?); "
        "the study has 'ab_wieght' and 'l_weight', the loss has 'perceptual_weight', 'l_weight', "
        "'ab_weight', 'saturation_weight', 'a_weight', 'b_weight', 'rare_color_weight' and "
        "'colorfulness_weight'"
    )


def test_an_unknown_weight_like_no_other_names_both_sets_once(photos):
    with pytest.raises(TrainerError, match=r"not know 'gan' and 'tv'; the study has 'gan' and"):
        check_weights(spec_of(photos, weights={"gan": 2.0, "tv": 1.0}))


# what is made ready


def test_facts_tell_photos_networks_and_device(prepared):
    facts = prepared.facts
    assert facts["photos"] == prepared.patches.digest
    assert facts["training network"].startswith("alex random ")
    assert facts["scoring network"].startswith("squeeze random ")
    assert len(facts["training network"].split()[-1]) == 12
    assert facts["device"] == "cpu"
    assert facts["score"] == "version 2"
    assert facts["photo summary"] == prepared.patches.summary


def test_what_was_asked_for_needs_no_notice(prepared):
    assert prepared.notices == ()


def test_a_bench_has_what_the_study_asks_for(prepared, photos):
    context = prepared.context
    assert context.batches.squares is prepared.patches.train
    assert (context.batches.image_size, context.batches.batch_size) == (32, 2)
    assert context.heldout.rgb.shape == (len(prepared.patches.holdout), 3, 32, 32)
    assert context.warm_starts.folder == photos.parent / "study" / "starts"
    assert context.threads >= 1


def test_auto_without_weights_is_random_for_both_nets_and_said_once(photos, nothing_cached):
    spec = spec_of(photos, net="auto", perceptual_trunk="auto")
    made = prepared_of(spec, photos.parent / "study")
    assert " random " in made.facts["training network"]
    assert " random " in made.facts["scoring network"]
    [notice] = made.notices
    assert "random weights" in notice


def test_what_auto_meant_when_the_study_began_it_means_later(photos, prepared, monkeypatch):
    monkeypatch.setattr(scoring, "choose_trunks", None)
    spec = spec_of(photos, net="auto", perceptual_trunk="auto")
    made = prepared_of(spec, photos.parent / "study", prepared.facts)
    assert made.facts == prepared.facts
    assert made.notices == ()


def test_auto_is_the_packaged_trunk_for_both_nets_and_stays_it(photos, monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(trunk_files, "_answers", lambda address, patience: False)
    spec = spec_of(photos, net="auto", perceptual_trunk="auto")
    first = prepared_of(spec, photos.parent / "study")
    assert first.facts["training network"].startswith("lite0 packaged ")
    assert first.facts["scoring network"].startswith("lite0 packaged ")
    assert first.facts["training network"] != first.facts["scoring network"]
    monkeypatch.setattr(scoring, "choose_trunks", None)
    again = prepared_of(spec, photos.parent / "study", first.facts)
    assert (first.notices, again.notices, again.facts) == ((), (), first.facts)


def alexnet_file(folder):
    shapes = {0: (64, 3, 11, 11), 3: (192, 64, 5, 5), 6: (384, 192, 3, 3)}
    shapes |= {8: (256, 384, 3, 3), 10: (256, 256, 3, 3)}
    named = {f"features.{layer}.weight": torch.Size(shape) for layer, shape in shapes.items()}
    named |= {f"features.{layer}.bias": torch.Size(shape[:1]) for layer, shape in shapes.items()}
    torch.save({**random_weights(named), "classifier.1.bias": torch.zeros(9)}, folder / "alex.pth")
    return str(folder / "alex.pth")


def test_a_file_beside_a_net_that_was_random_stays_when_the_study_goes_on(
    photos, nothing_cached, tmp_path
):
    spec = spec_of(photos, net="auto", perceptual_trunk=alexnet_file(tmp_path))
    first = prepared_of(spec, photos.parent / "study")
    assert first.facts["training network"].startswith("alex file ")
    assert first.facts["scoring network"].startswith("squeeze random ")
    again = prepared_of(spec, photos.parent / "study", first.facts)
    assert (again.facts, again.notices) == (first.facts, ())


@pytest.mark.parametrize(
    ("asked", "facts", "version"),
    [
        ("auto", {}, 2),
        ("auto", {"photos": "0123"}, 2),
        ("auto", {"photos": "0123", "scoring network": "squeeze"}, 1),
        ("auto", {"photos": "0123", "score": "version 1"}, 1),
        ("auto", {"photos": "0123", "score": "version 2"}, 2),
        (1, {}, 1),
        (2, {"photos": "0123", "score": "version 1"}, 2),
    ],
)
def test_a_study_keeps_the_version_of_the_score_that_it_began_with(asked, facts, version):
    assert with_score_version(ObjectiveSpec(version=asked), facts).version == version


# what is refused


def refused_before_photos_are_read(spec, folder, monkeypatch):
    monkeypatch.setattr(making, "prepare_patches", None)
    with pytest.raises(TrainerError) as refusal:
        prepared_of(spec, folder)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("trainer", "text"),
    [
        ({"perceptual_trunk": "nowhere.pth"}, "trunk: no weight file at 'nowhere.pth'"),
        ({"model_args": {"base_widht": 8}}, "trainer.model_args.base_widht: the built-in unet"),
        ({"device": "gpu"}, "trainer.device: 'gpu' cannot be used on this machine"),
        ({"weights": {"gan": 1.0}}, "weights: the built-in loss does not know 'gan'"),
    ],
)
def test_what_cannot_be_trained_is_refused_first(photos, tmp_path, monkeypatch, trainer, text):
    spec = spec_of(photos, **trainer)
    assert refused_before_photos_are_read(spec, tmp_path, monkeypatch).startswith(text)


def test_a_trunk_file_of_something_else_is_refused_first(photos, tmp_path, monkeypatch):
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "odd.pth")
    spec = spec_of(photos, perceptual_trunk=str(tmp_path / "odd.pth"))
    text = refused_before_photos_are_read(spec, tmp_path, monkeypatch)
    assert "holds the weights of some other network, not the weights of 'alex'" in text


def test_photos_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(PhotosError, match="has 3 usable photos"):
        prepared_of(spec_of(fill_wide(tmp_path / "few", range(3))), tmp_path / "study")

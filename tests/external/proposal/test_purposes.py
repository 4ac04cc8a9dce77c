import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.external.proposal.purposes import purpose_of, weight_name


@pytest.mark.parametrize(
    ("address", "value", "purpose"),
    [
        (("--lambda_L1",), 100.0, "weight"),
        (("--lambda-gp",), 10, "weight"),
        (("PIXEL_WEIGHT",), 1.0, "weight"),
        (("w_pde",), 1.0, "weight"),
        (("bc_coef",), 1.0, "weight"),
        (("Loss", "perceptual_weight"), 1.0, "weight"),
        (("WEIGHTS", "ab"), 2.0, "weight"),
        (("loss_weights", 0), 1.0, "weight"),
        (("train", "pixel_opt", "loss_weight"), 0.1, "weight"),
        (("train", "perceptual_opt", "layer_weights", "conv5_4"), 1.0, None),
        (("--weight_decay",), 0.01, None),
        (("weights", "learning_rate"), 0.01, None),
        (("--lambda_L1",), -1.0, None),
        (("--lambda_L1",), float("nan"), None),
        (("--use_weight",), True, None),
        (("manual_seed",), 0, "seed"),
        (("--seed",), None, None),
        (("train", "total_iter"), 400000, "steps"),
        (("--max-steps",), 5, "steps"),
        (("NUM_EPOCHS",), 5, "epochs"),
        (("--save_steps",), 5, None),
        (("--dataroot",), None, "train"),
        (("TRAIN",), "data/train", "train"),
        (("datasets", "train", "dataroot_gt"), "x", "train"),
        (("datasets", "val", "dataroot_lq"), "x", "gray"),
        (("datasets", "val", "dataroot_gt"), "x", "holdout"),
        (("--test_dir",), None, "gray"),
        (("--val_freq",), 5, None),
        (("RESULTS",), "results", "out"),
        (("--checkpoints_dir",), "checkpoints", "out"),
        (("--output-dir",), None, "out"),
        (("--resume_dir",), None, None),
        (("path", "pretrain_network_g"), None, None),
        (("--name",), "experiment", "trial"),
        (("--device",), "cuda", None),
    ],
)
def test_a_name_tells_what_a_setting_is_for(address, value, purpose):
    assert purpose_of(address, value) == purpose


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (("--lambda_L1",), "lambda_L1"),
        (("--lambda-gp",), "lambda_gp"),
        (("PIXEL_WEIGHT",), "pixel_weight"),
        (("Loss", "perceptual_weight"), "perceptual_weight"),
        (("WEIGHTS", "ab"), "ab"),
        (("loss_weights", 0), "loss_weights_0"),
        (("train", "pixel_opt", "loss_weight"), "pixel"),
        (("Loss", "weight"), "weight"),
    ],
)
def test_a_weight_keeps_the_name_that_the_user_knows(address, name):
    assert weight_name(address) == name


NAMES = st.text(st.sampled_from("abzAZ019_-. é"), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    address=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    value=st.none() | st.booleans() | st.floats() | NAMES,
)
def test_any_name_has_an_answer(address, value):
    purpose = purpose_of(address, value)
    if purpose == "weight":
        assert weight_name(address)
        assert value >= 0

import pytest

from tuner.external.proposal.outcome import _number


@pytest.mark.parametrize(
    ("names", "metric", "direction"),
    [
        (["train_mse", "val_psnr", "sharpness"], "val_psnr", "maximize"),
        (["loss", "kl", "val_recon"], "val_recon", "minimize"),
        (["loss", "l2_error"], "l2_error", "minimize"),
        (["psnr", "test_mse"], "test_mse", "minimize"),
        (["train_mse", "loss"], "train_mse", "minimize"),
    ],
)
def test_a_number_of_held_out_data_comes_first_and_one_of_training_last(names, metric, direction):
    assert _number(names)[0] == {"metric": metric, "direction": direction}

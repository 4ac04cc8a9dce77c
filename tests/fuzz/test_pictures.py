import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_up import PICTURES, damaged, sentence_or_result, tried
from safetensors.torch import save
from torch import nn

from tuner.data.survey import survey
from tuner.errors import PhotosError
from tuner.training.start_file import read_start

STATE = save({"weight": torch.ones(2, 2), "bias": torch.zeros(2)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@tried
@given(
    content=damaged(*PICTURES) | st.sampled_from(PICTURES),
    ending=st.sampled_from(["png", "jpg", "tif"]),
)
def test_a_picture_is_used_or_left_out_with_its_reason(folder, content, ending):
    for earlier in folder.iterdir():
        earlier.unlink()
    (folder / f"one.{ending}").write_bytes(content)
    with sentence_or_result():
        try:
            found = survey(str(folder))
        except PhotosError:
            return
        assert len(found.photos) + len(found.left_out) == 1


@tried
@given(content=damaged(STATE))
def test_a_file_of_weights_is_read_or_refused(folder, content):
    path = folder / "start.safetensors"
    path.write_bytes(content)
    with sentence_or_result():
        read_start(path, nn.Linear(2, 2))

import pytest
import torch
from small_training import WEIGHTS

from tuner.errors import StorageError
from tuner.results import Trial
from tuner.training.checkpoints import Checkpoint, Checkpoints
from tuner.training.remote_store import RemoteStore


def trial(number=3):
    return Trial(weights=WEIGHTS, seed=1, steps=8, role="baseline", number=number)


def checkpoint(done):
    return Checkpoint({"layer": torch.full((2,), float(done))}, {"seen": done}, done)


@pytest.fixture(params=["folder", "memory"])
def address(request, tmp_path):
    return str(tmp_path / "share") if request.param == "folder" else f"memory://{tmp_path}"


@pytest.fixture
def machines(address, tmp_path):
    """The checkpoints of two machines that see the same share."""
    return [
        Checkpoints(tmp_path / name / "checkpoints", share=RemoteStore(address, "study"))
        for name in ("here", "there")
    ]


def test_what_one_machine_keeps_another_goes_on_from(machines):
    here, there = machines
    here.keep(trial(), checkpoint(4))
    found = there.find(trial())
    assert found.done == 4
    assert torch.equal(found.state["layer"], torch.full((2,), 4.0))


def test_the_longer_training_counts(machines):
    here, there = machines
    here.keep(trial(), checkpoint(4))
    there.keep(trial(), checkpoint(6))
    assert here.find(trial()).done == 6


def test_what_ended_is_nowhere_any_more(machines):
    here, there = machines
    here.keep(trial(), checkpoint(4))
    here.forget(trial())
    assert (here.find(trial()), there.find(trial())) == (None, None)
    there.forget(trial())


def test_another_training_is_not_gone_on_with(machines):
    here, there = machines
    here.keep(trial(), checkpoint(4))
    assert there.find(trial().model_copy(update={"seed": 2})) is None


def test_nothing_is_left_beside_the_checkpoints(machines):
    here, there = machines
    here.keep(trial(), checkpoint(4))
    there.find(trial())
    assert [path.name for path in there.folder.iterdir()] == []
    assert [path.name for path in here.folder.iterdir()] == ["trial-003.safetensors"]


def test_a_share_that_is_gone_delays_no_training(tmp_path):
    share = RemoteStore(str(tmp_path / "share"), "study")
    here = Checkpoints(tmp_path / "here", share=share)
    (tmp_path / "share" / "study" / ".writable").unlink()
    (tmp_path / "share" / "study").rmdir()
    (tmp_path / "share").rmdir()
    (tmp_path / "share").write_text("no folder")
    here.keep(trial(), checkpoint(4))
    assert here.find(trial()).done == 4
    here.forget(trial())


@pytest.mark.parametrize(
    ("address", "said"),
    [("nonsense://bucket", "Protocol not known: nonsense"), ("/proc/nowhere", "/proc/nowhere")],
)
def test_a_share_that_cannot_be_used_is_refused(address, said):
    with pytest.raises(StorageError, match=said) as refusal:
        RemoteStore(address, "study")
    assert str(refusal.value).startswith(f"share: '{address}' cannot be written (")

"""Event files as torch writes them, against what TensorBoard's own reader makes of them."""

import shutil
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from tuner.errors import TrainerError
from tuner.external.event_files import EventFiles, refuse_without_tensorboard


@pytest.fixture
def writer(tmp_path):
    """Begins files of events below a folder; all are closed in the end."""
    begun = []

    def begin(*folders):
        begun.append(SummaryWriter(tmp_path.joinpath("tb", *folders)))
        return begun[-1]

    yield begin
    for each in begun:
        each.close()


def test_scalars_have_the_names_and_steps_that_were_logged(tmp_path, writer):
    files = EventFiles("tb", tmp_path)
    assert (list(files.new()), files.any) == ([], False)
    log = writer()
    for step in (0, 50):
        log.add_scalar("loss/l1", 0.5 + step, step)
        log.add_scalar("psnr", step, step, new_style=True)
    log.flush()
    assert list(files.new()) == [
        {"loss/l1": 0.5, "psnr": 0.0, "step": 0},
        {"loss/l1": 50.5, "psnr": 50.0, "step": 50},
    ]
    assert (list(files.new()), files.any) == ([], True)


def test_a_file_is_read_while_it_grows_as_far_as_it_is_whole(tmp_path, writer):
    log = writer()
    for step in range(3):
        log.add_scalar("loss", step, step)
    log.close()
    [whole] = (tmp_path / "tb").iterdir()
    content, files, steps = whole.read_bytes(), EventFiles("growing", tmp_path), []
    (tmp_path / "growing").mkdir()
    for end in range(0, len(content) + 1, 7):
        (tmp_path / "growing" / whole.name).write_bytes(content[:end])
        steps += [record["step"] for record in files.new()]
        assert steps == list(range(len(steps)))
    (tmp_path / "growing" / whole.name).write_bytes(content)
    steps += [record["step"] for record in files.new(ended=True)]
    assert steps == [0, 1, 2]


def test_a_subfolder_stands_before_the_tag(tmp_path, writer):
    files = EventFiles("tb", tmp_path)
    for folders in ((), ("train",), ("val", "fold 1")):
        log = writer(*folders)
        log.add_scalar("loss", len(folders), 7)
        log.flush()
    log.add_scalars("ab", {"a": 1, "b": 2}, 7)
    log.close()  # what belongs to it, too
    found = {}
    for record in files.new():
        found |= record
    assert found == {
        "loss": 0.0, "train/loss": 1.0, "val/fold 1/loss": 2.0,
        "val/fold 1/ab_a/ab": 1.0, "val/fold 1/ab_b/ab": 2.0, "step": 7,
    }  # fmt: skip


def test_what_a_pattern_matches_does_not(tmp_path, writer):
    files = EventFiles("tb/*", tmp_path)
    for folders in (("Nov26_02-47-09_host",), ("Nov26_02-47-09_host", "val")):
        log = writer(*folders)
        log.add_scalar("loss", 1, 2)
        log.flush()
    assert list(files.new()) == [{"loss": 1.0, "step": 2}, {"val/loss": 1.0, "step": 2}]


def test_a_pattern_may_match_the_files_themselves(tmp_path, writer):
    files, log = EventFiles("tb/*", tmp_path), writer()
    log.add_scalar("loss", 1, 2)
    log.flush()
    assert list(files.new()) == [{"loss": 1.0, "step": 2}]


def test_files_of_an_earlier_run_are_passed_over(tmp_path, writer):
    log = writer()
    log.add_scalar("loss", 1, 1)
    log.flush()
    files = EventFiles("tb", tmp_path)
    log.add_scalar("loss", 2, 2)
    log.flush()
    assert (list(files.new()), files.any) == ([], False)


def test_counters_and_what_is_no_scalar_are_no_curves(tmp_path, writer):
    files, log = EventFiles("tb", tmp_path), writer()
    for tag in ("epoch", "global_step", "loss"):
        log.add_scalar(tag, 3, 30)
    log.add_text("loss text", "none", 30)
    log.flush()
    assert list(files.new()) == [{"loss": 3.0, "step": 30}]


def test_steps_may_be_epochs(tmp_path, writer):
    files, log = EventFiles("tb", tmp_path, "epoch"), writer()
    log.add_scalar("loss", 1, 3)
    log.flush()
    assert list(files.new()) == [{"loss": 1.0, "epoch": 3}]


def test_a_folder_that_is_taken_away_and_files_that_are_none_are_borne(tmp_path, writer):
    files, log = EventFiles("tb", tmp_path), writer()
    (tmp_path / "tb" / "events.out.tfevents.0.host").write_bytes(b"nothing of the kind" * 9)
    log.add_scalar("loss", 1, 1)
    log.flush()
    assert list(files.new()) == [{"loss": 1.0, "step": 1}]
    shutil.rmtree(tmp_path / "tb")
    assert list(files.new(ended=True)) == []


numbers = st.floats(width=32, allow_nan=False)


@settings(max_examples=20)
@given(st.dictionaries(st.integers(0, 2**40), st.dictionaries(st.sampled_from("ab"), numbers)))
def test_tensorboards_own_reader_finds_the_same(tmp_path_factory, logged):
    home = tmp_path_factory.mktemp("runs")
    files = EventFiles(str(home), home)
    with SummaryWriter(home) as log:
        for step, scalars in logged.items():
            for tag, value in scalars.items():
                log.add_scalar(tag, value, step)
    mine = {}
    for record in files.new(ended=True):
        for tag in record.keys() - {"step"}:
            mine.setdefault(tag, []).append((record["step"], record[tag]))
    reference = EventAccumulator(str(home), purge_orphaned_data=False).Reload()
    theirs = {tag: [(one.step, one.value) for one in reference.Scalars(tag)]
              for tag in reference.Tags()["scalars"]}  # fmt: skip
    assert mine == theirs


def test_without_the_package_there_is_a_sentence(monkeypatch):
    refuse_without_tensorboard()
    name = "tensorboard.backend.event_processing.event_file_loader"
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(TrainerError) as refused:
        refuse_without_tensorboard()
    told = str(refused.value)
    assert told.startswith("trainer.metrics.tensorboard: event files are read with the package")
    assert "pip install tensorboard, or let the script write JSON" in told

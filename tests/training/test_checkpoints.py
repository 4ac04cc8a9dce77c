import shutil
from dataclasses import replace

import pytest
from small_training import Heard, spec_of, trial

from tuner.errors import StorageError
from tuner.training.checkpoints import Checkpoints
from tuner.training.trial_group import train_together

TRIALS = [trial(0, steps=8), trial(1, steps=8, ab_weight=4.0), trial(2, seed=2, steps=7)]
RIVAL = trial(3, steps=8).model_copy(update={"role": "rival", "rival": "rlw"})


@pytest.fixture
def keeping(context, tmp_path):
    """A bench that keeps a checkpoint after every step."""
    return replace(context, checkpoints=Checkpoints(tmp_path / "checkpoints", seconds=0.0))


def trained(trials, context):
    """Results without their seconds, and the curves by trial."""
    heard = Heard()
    results = train_together(trials, heard.on(context), heard.finished.append)
    alike = [result.model_copy(update={"seconds": 0.0}) for result in results]
    return alike, {one.number: heard.curve(one.number) for one in trials}


class Interrupted(Heard):
    """Control-C, or whatever is asked for, as soon as a trial has done a step."""

    def __init__(self, number, step, do):
        super().__init__()
        self.when = (number, step)
        self.do = do

    def on(self, context):
        return replace(super().on(context), listen=self.listen)

    def listen(self, point):
        self.points.append(point)
        if (point.number, point.step) == self.when and "loss/total" in point.values:
            self.do()


def control_c():
    raise KeyboardInterrupt


def merged(first, second):
    """Both tellings of a curve; where they meet they have to agree."""
    told = {}
    for step, values in (*first, *second):
        for name, value in values.items():
            assert told.setdefault((step, name), value) == value
    return told


@pytest.mark.parametrize("step", [1, 4, 7, 8])
def test_an_interrupted_training_ends_as_if_nothing_had_happened(context, tmp_path, step):
    whole, curves = trained([*TRIALS, RIVAL], context)
    context = replace(context, checkpoints=Checkpoints(tmp_path))  # a minute apart: none is due
    broken = Interrupted(1, step, control_c)
    with pytest.raises(KeyboardInterrupt):
        train_together([*TRIALS, RIVAL], broken.on(context), broken.finished.append)
    assert list(tmp_path.glob("*.safetensors"))
    rest, again = trained([*TRIALS, RIVAL], context)
    assert rest == whole
    for number, curve in curves.items():
        assert merged(broken.curve(number), again[number]) == merged(curve, [])
        if broken.steps_of("loss/total", number):
            assert min(at for at, _ in again[number]) > 0


@pytest.mark.parametrize("name", ["balancer", "aligned-hpo"])
def test_a_weighting_with_a_memory_goes_on_with_it(context, tmp_path, name):
    """What the averages of gradients were before the interruption decides the steps after it."""
    rivals = [trial(0, steps=8), RIVAL.model_copy(update={"rival": name})]
    whole, curves = trained(rivals, context)
    context = replace(context, checkpoints=Checkpoints(tmp_path))
    broken = Interrupted(3, 5, control_c)
    with pytest.raises(KeyboardInterrupt):
        train_together(rivals, broken.on(context), broken.finished.append)
    rest, again = trained(rivals, context)
    assert rest == whole
    assert rest[1].score is not None
    assert rest[1].score != rest[0].score
    assert min(at for at, _ in again[3]) > 0
    assert merged(broken.curve(3), again[3]) == merged(curves[3], [])


def test_a_killed_training_goes_on_from_its_last_checkpoint(keeping, tmp_path):
    def snapshot():
        shutil.copytree(keeping.checkpoints.folder, tmp_path / "left")

    witness = Interrupted(0, 5, snapshot)
    whole = train_together(TRIALS, witness.on(keeping), witness.finished.append)
    assert not list(keeping.checkpoints.folder.iterdir())
    left = replace(keeping, checkpoints=Checkpoints(tmp_path / "left"))
    rest, curves = trained(TRIALS, left)
    assert rest == [result.model_copy(update={"seconds": 0.0}) for result in whole]
    assert min(at for at, _ in curves[0]) >= 4
    assert not list((tmp_path / "left").iterdir())


def test_the_checkpoint_of_another_training_is_ignored(keeping, context, tmp_path):
    def snapshot():
        shutil.copytree(keeping.checkpoints.folder, tmp_path / "left")

    witness = Interrupted(0, 5, snapshot)
    train_together([TRIALS[0]], witness.on(keeping), witness.finished.append)
    other = trial(0, steps=8, ab_weight=4.0)
    alone, _ = trained([other], context)
    left = replace(keeping, checkpoints=Checkpoints(tmp_path / "left"))
    assert trained([other], left)[0] == alone


def test_a_damaged_checkpoint_costs_time_and_nothing_else(keeping, context):
    alone, curves = trained([TRIALS[0]], context)
    keeping.checkpoints.folder.mkdir()
    (keeping.checkpoints.folder / "trial-000.safetensors").write_bytes(b"half of it")
    assert trained([TRIALS[0]], keeping) == (alone, curves)


def test_a_diverged_trial_leaves_no_checkpoint(keeping, photos):
    absurd = replace(keeping, trainer=spec_of(photos, learning_rate=1e30).trainer)
    (result,), _ = trained([trial()], absurd)
    assert result.status == "diverged"
    assert not list(keeping.checkpoints.folder.glob("*"))


def test_a_folder_that_cannot_be_written_is_a_sentence(keeping):
    keeping.checkpoints.folder.touch()
    with pytest.raises(StorageError) as refused:
        trained([TRIALS[0]], keeping)
    assert str(refused.value) == (
        f"a checkpoint cannot be kept in '{keeping.checkpoints.folder}' ([Errno 20] Not a "
        f"directory: '{keeping.checkpoints.folder}/trial-000.safetensors'); make room, or run the "
        "study in another folder"
    )


def test_an_interruption_is_told_even_where_nothing_can_be_kept(context, tmp_path):
    (tmp_path / "checkpoints").touch()
    broken = Interrupted(0, 2, control_c)
    kept = replace(context, checkpoints=Checkpoints(tmp_path / "checkpoints"))
    with pytest.raises(KeyboardInterrupt):
        train_together(TRIALS, broken.on(kept), broken.finished.append)


@pytest.mark.parametrize("place", [8, -3])
def test_a_checkpoint_with_one_other_bit_is_not_gone_on_from_and_said(keeping, tmp_path, place):
    alike, curves = trained(TRIALS[:1], keeping)
    with pytest.raises(KeyboardInterrupt):
        train_together(TRIALS[:1], Interrupted(0, 4, control_c).on(keeping), lambda _: None)
    (file,) = (tmp_path / "checkpoints").iterdir()
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    said = []
    listening = replace(keeping, checkpoints=replace(keeping.checkpoints, listen=said.append))
    assert trained(TRIALS[:1], listening) == (alike, curves)
    assert [one.sentence for one in said] == [
        "checkpoints/trial-000.safetensors was damaged: the training begins again at its first step"
    ]

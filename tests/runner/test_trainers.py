import pytest
from small_photos import fill
from small_training import spec_of

from tuner.errors import TrainerError
from tuner.results.progress import Activity
from tuner.runner.run import run_study
from tuner.runner.trainers import EarlierTraining, make_trainer
from tuner.spec.study import StudySpec


def test_the_built_in_trainer_says_how_many_photos_are_read(photos, tmp_path):
    told = []
    earlier = EarlierTraining({}, worked=False)
    trainer = make_trainer(
        spec_of(photos), tmp_path, tmp_path / "cache", earlier, lambda _: None, notify=told.append
    )
    trainer.make_ready()
    names = [*dict.fromkeys(activity.name for activity in told)]
    assert names == ["loading PyTorch", "loading networks", "reading photos", "timing steps"]
    assert [(one.done, one.total) for one in told if one.unit] == [(n, 5) for n in range(1, 6)]


def test_a_run_with_a_script_says_what_it_loads_and_how_many_photos_are_read(tmp_path):
    fill(tmp_path / "val", range(5), 60, 44)
    spec = StudySpec(
        study="own",
        trainer={"kind": "command", "run": ["no-such-program"], "predictions": "{out}/*.png"},
        data={"holdout": str(tmp_path / "val"), "image_size": 32},
        objective={"lpips": {"trunk": "random"}},
        weights={"a": 1.0},
        stages=[{"vary": "a", "values": [2.0]}],
    )
    said = []
    with pytest.raises(TrainerError, match="there is no program"):
        run_study(spec, directory=tmp_path, record=False, notify=said.append)
    begun = [*dict.fromkeys(activity.name for activity in said)]
    assert begun == ["loading PyTorch", "reading photos", "loading networks"]
    read = [activity for activity in said if activity.unit]
    assert read == [Activity("reading photos", photo, 5, "photos") for photo in range(1, 6)]

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
from small_photos import colorful, fill, fill_wide
from small_training import spec_of, trial

from tuner.errors import PhotosError, StudyChanged, TrainerError
from tuner.results.events import CurvePoint, TrainingPrepared, TrialFinished, TrialStarted
from tuner.results.progress import Activity, ignore_progress
from tuner.training.trainer import BuiltinTrainer


class Watched(BuiltinTrainer):
    """A trainer that keeps what it tells and shows."""

    def __init__(self, spec, folder: Path, facts=None, notify=ignore_progress):
        self.told, self.shown, self.kept = [], [], []
        super().__init__(
            spec,
            folder / "study",
            folder / "cache",
            facts or {},
            self.told.append,
            lambda *views: self.shown.append(views),
            lambda *reading: self.kept.append(reading),
            notify,
        )

    def kinds(self):
        return [type(event) for event in self.told]


def test_nothing_is_made_ready_before_the_first_trial(tmp_path):
    trainer = Watched(spec_of(tmp_path / "nowhere"), tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PhotosError, match="there is no folder"):
        trainer.train([trial()])
    assert trainer.told == []


def test_it_tells_what_is_ready_then_curves_then_the_result(photos, tmp_path):
    trainer = Watched(spec_of(photos), tmp_path)
    [result] = trainer.train([trial(3)])
    kinds = trainer.kinds()
    assert kinds[:2] == [TrainingPrepared, TrialStarted]
    assert set(kinds[2:-1]) == {CurvePoint}
    assert trainer.told[-1] == TrialFinished(result=result)
    assert {step for _, step, *_ in trainer.shown} == {0, 5}


def test_trials_of_the_claim_keep_the_score_of_each_photo(photos, tmp_path):
    trainer = Watched(spec_of(photos), tmp_path)
    confirming = trial(1).model_copy(update={"role": "confirmation"})
    usual, claimed = trainer.train([trial(0), confirming])
    names = trainer.make_ready().patches.holdout_names
    assert (usual.photo_scores, usual.vault_scores, claimed.vault_scores) == ((), (), ())
    assert len(claimed.photo_scores) == len({name.split(" tile ")[0] for name in names})
    assert fmean(claimed.photo_scores) == pytest.approx(claimed.score)
    assert claimed.score == usual.score


def test_trials_of_the_claim_score_the_vault_which_no_other_trial_sees(tmp_path):
    many = fill(tmp_path / "many", range(90))
    spec = spec_of(many)
    data = spec.data.model_copy(update={"vault": 0.35})
    trainer = Watched(spec.model_copy(update={"data": data}), tmp_path)
    confirming = trial(1).model_copy(update={"role": "confirmation"})
    usual, claimed = trainer.train([trial(0), confirming])
    patches = trainer.make_ready().patches
    assert len(claimed.vault_scores) == len(patches.vault_names) >= 20
    assert usual.vault_scores == ()
    assert trainer.told[0].facts["photo summary"].endswith("photos in the vault")


def test_it_makes_ready_once_for_all_trials(photos, tmp_path):
    trainer = Watched(spec_of(photos), tmp_path)
    assert trainer.make_ready() is trainer.make_ready()
    trainer.train([trial(0, steps=1)])
    trainer.train([trial(1, steps=1)])
    assert trainer.kinds().count(TrainingPrepared) == 1
    assert trainer.kinds().count(TrialFinished) == 2


def test_progress_counts_decoded_photos(photos, tmp_path):
    told = []
    trainer = Watched(spec_of(photos), tmp_path, notify=told.append)
    trainer.make_ready()
    assert Activity("reading photos", 5, 5, "photos") in told


def test_a_study_goes_on_with_the_facts_it_began_with(photos, tmp_path, prepared):
    trainer = Watched(spec_of(photos), tmp_path, prepared.facts)
    trainer.train([trial(steps=1)])
    assert trainer.told[0].facts == prepared.facts


def test_other_photos_than_the_study_began_with_are_refused(tmp_path):
    folder = fill_wide(tmp_path / "photos", range(5))
    before = Watched(spec_of(folder), tmp_path).make_ready().facts
    colorful(99, 210, 130).save(folder / "p0.png")
    trainer = Watched(spec_of(folder), tmp_path, before)
    with pytest.raises(StudyChanged) as refusal:
        trainer.train([trial()])
    now = Watched(spec_of(folder), tmp_path).make_ready().facts
    assert str(refusal.value) == (
        f"the photos changed since 'small' began ({before['photos']} -> {now['photos']}), so its "
        "scores could not be compared; put it back, or start afresh with --restart"
    )
    assert trainer.told == []


@pytest.mark.parametrize("name", ["training network", "scoring network"])
def test_another_network_than_the_study_began_with_is_refused(photos, tmp_path, prepared, name):
    facts = {**prepared.facts, name: "alex imagenet 0123456789ab"}
    text = f"the {name} changed since 'small' began \\(alex imagenet 0123456789ab -> "
    with pytest.raises(StudyChanged, match=text):
        Watched(spec_of(photos), tmp_path, facts).train([trial()])


def test_another_version_of_the_score_than_the_study_began_with_is_refused(
    photos, tmp_path, prepared
):
    before = {name: fact for name, fact in prepared.facts.items() if name != "score"}
    assert Watched(spec_of(photos), tmp_path, before).make_ready().facts["score"] == "version 1"
    spec = spec_of(photos)
    newer = spec.model_copy(update={"objective": spec.objective.model_copy(update={"version": 2})})
    with pytest.raises(StudyChanged, match=r"the score changed .* \(version 1 -> version 2\)"):
        Watched(newer, tmp_path, before).train([trial()])


def test_another_device_is_no_other_study(photos, tmp_path, prepared):
    facts = {**prepared.facts, "device": "cuda"}
    assert Watched(spec_of(photos), tmp_path, facts).make_ready().facts["device"] == "cpu"


def test_a_wrong_trunk_file_is_refused_before_any_training(photos, tmp_path):
    trainer = Watched(spec_of(photos, perceptual_trunk=str(tmp_path / "alex.pth")), tmp_path)
    with pytest.raises(TrainerError, match=r"no weight file at '.*alex\.pth'"):
        trainer.train([trial()])
    assert (trainer.told, trainer.shown) == ([], [])


# beside those that are asked for


@pytest.mark.parametrize(
    ("threads", "engine", "expected"),
    [(3, "loop", [5, 7]), (2, "loop", [5]), (1, "loop", []), (3, "folded", [])],
)
def test_idle_cores_take_likely_trials_that_are_no_longer(
    photos, tmp_path, threads, engine, expected
):
    trainer = Watched(spec_of(photos, engine=engine), tmp_path)
    ready = trainer.make_ready()
    trainer._prepared = replace(ready, context=replace(ready.context, threads=threads))
    likely = [trial(seed=4, steps=6), trial(seed=5), trial(seed=7, steps=2), trial(seed=8)]
    assert [one.seed for one in trainer.beside([trial()], iter(likely))] == expected


def test_a_likely_trial_waits_for_the_network_that_it_starts_from(photos, tmp_path):
    trainer = Watched(spec_of(photos, start_from="baseline", start_steps=1), tmp_path)
    ready = trainer.make_ready()
    trainer._prepared = replace(ready, context=replace(ready.context, threads=3))
    likely = [trial(seed=5), trial(seed=6)]
    assert trainer.beside([trial()], likely) == []
    ready.context.warm_starts.make_ready([6])
    assert trainer.beside([trial()], likely) == [likely[1]]

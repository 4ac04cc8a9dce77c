from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_training import prepared_of, spec_of

from tuner.data.batches import Batches
from tuner.errors import PhotosError
from tuner.training.learner import Learner
from tuner.training.pace import Pace, measure_pace, time_trainings

counts = st.integers(0, 200)


def pace(threads=2):
    return Pace(step_seconds=0.1, evaluation_seconds=2.0, threads=threads, device="cpu")


@pytest.fixture(scope="module")
def measured(photos):
    return measure_pace(spec_of(photos), photos.parent / "small-cache")


def test_hours_of_five_trials_in_two_threads_are_known():
    # 350 steps and five looks at the held-out photos, two and a half times
    assert pace().hours(5, 350) == pytest.approx(2.5 * (35 + 10) / 3600)


def test_one_trial_alone_leaves_threads_idle():
    for trials, rounds in ((1, 1), (2, 1), (4, 1), (8, 2)):
        assert pace(4).hours(trials, 350) == pytest.approx(rounds * (35 + 10) / 3600)


@given(counts, counts, st.integers(1, 16))
def test_more_trials_or_steps_never_take_less(trials, steps, threads):
    now = pace(threads).hours(trials, steps)
    assert pace(threads).hours(trials + 1, steps) >= now
    assert pace(threads).hours(trials, steps + 1) >= now
    assert pace(threads + 1).hours(trials, steps) <= now


def test_a_study_takes_its_trials_and_the_networks_that_they_start_from(plan_of):
    plan = plan_of()
    shortest, longest = pace().study_hours(plan, 0)
    assert 0 < shortest < longest
    later = pace().study_hours(plan, 100)
    warm_starts = {*plan.baseline_seeds, *plan.decide_seeds}
    assert later[0] - shortest == pytest.approx(pace().hours(len(warm_starts), 100))
    assert later[1] - longest == pytest.approx(
        pace().hours(len(warm_starts) + len(plan.confirm_seeds), 100)
    )


def test_what_is_measured_is_positive(measured, prepared):
    assert measured.step_seconds > 0
    assert measured.evaluation_seconds > 0
    assert measured.hours(3, 1000) > 0
    assert (measured.threads, measured.device) == (prepared.context.threads, "cpu")


def test_measuring_gives_the_cores_back_and_leaves_no_networks(photos, tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        measure_pace(spec_of(photos, start_from="baseline"), tmp_path / "cache")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert not list(tmp_path.rglob("starts"))


def test_photos_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(PhotosError, match="there is no folder"):
        measure_pace(spec_of(tmp_path / "nowhere"), tmp_path / "cache")


def test_where_time_is_short_small_batches_stand_for_large_ones(prepared, photos, monkeypatch):
    drawn = []
    draw = Batches.draw

    def noted(batches, seed, step):
        drawn.append(batches.batch_size)
        return draw(batches, seed, step)

    monkeypatch.setattr(Batches, "draw", noted)
    spec = spec_of(photos, batch_size=64)
    pace = time_trainings(spec, replace(prepared.context, threads=1), seconds=0.0)
    assert set(drawn) == {2}
    assert 0 < pace.evaluation_seconds < pace.step_seconds


def test_a_study_that_starts_from_a_file_is_timed_from_there(photos, tmp_path, monkeypatch):
    spec = spec_of(photos, start_from="sample", model_args={"base_width": 16}, train_only=["head"])
    context, starts = prepared_of(spec, tmp_path).context, []

    def learner(trial, trainer, device, start, recipe):
        starts.append(start)
        return Learner(trial, trainer, device, start, recipe)

    monkeypatch.setattr("tuner.training.pace.Learner", learner)
    time_trainings(spec, context, seconds=0.0)
    assert len(starts) == context.threads
    assert all(start is context.warm_starts.given for start in starts)

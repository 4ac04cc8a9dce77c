import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_training import Heard, Poisoned, spec_of, trial

from tuner.color.measures import measures
from tuner.color.reading_arrays import from_arrays
from tuner.data.batches import as_squares
from tuner.results.progress import Activity, StepsDone
from tuner.training.trial_group import train_together

TRIALS = [
    trial(0),
    trial(1, ab_weight=4.0),
    trial(2, seed=2, saturation_weight=1.0),
    trial(3, seed=2, steps=3),
    trial(4, perceptual_weight=0.0),
]
LOOKS = [0, 1, 2, 5]  # 1/8, 1/4 and 1/2 of five steps, rounded
AGAIN = """
import json, sys
from pathlib import Path
from small_training import Heard, prepared_of, spec_of, trial
from tuner.training.trial_group import train_together
photos, heard = Path(sys.argv[1]), Heard()
context = heard.on(prepared_of(spec_of(photos), photos.parent / "study").context)
[result] = train_together([trial(1, ab_weight=4.0)], context, heard.finished.append)
print(json.dumps([result.score, dict(result.measures), heard.curve(1)]))
"""


def trained(trials, context, **changes):
    """Results and curves of all trials by number, but for the seconds."""
    heard = Heard()
    results = train_together(trials, heard.on(context, **changes), heard.finished.append)
    assert [result.trial for result in results] == list(trials)
    return {
        one.trial.number: (one.model_copy(update={"seconds": 0.0}), heard.curve(one.trial.number))
        for one in results
    }


@pytest.fixture(scope="module")
def together(prepared):
    return trained(TRIALS, replace(prepared.context, threads=1))


# the same to the last bit


@pytest.mark.parametrize("number", [1, 3])
def test_a_trial_alone_equals_the_trial_in_a_list(context, together, number):
    assert trained([TRIALS[number]], context)[number] == together[number]


def test_the_order_of_the_list_does_not_matter(context, together):
    assert trained(TRIALS[::-1], context) == together


def test_the_number_of_threads_does_not_matter(context, together):
    assert trained(TRIALS, context, threads=2) == together


def test_the_cores_that_torch_uses_elsewhere_do_not_matter(context, together):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert trained(TRIALS[:2], context) == {number: together[number] for number in (0, 1)}
    finally:
        torch.set_num_threads(before)


def test_another_process_gets_the_same(photos, together):
    here = str(Path(__file__).parents[1])
    told = subprocess.run(
        [sys.executable, "-c", AGAIN, str(photos)],
        env={**os.environ, "PYTHONPATH": here},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    result, curve = together[1]
    expected = [result.score, dict(result.measures), curve]
    assert json.loads(told) == json.loads(json.dumps(expected))


def test_other_weights_and_other_seeds_give_other_scores(together):
    assert len({result.score for result, _ in together.values()}) == len(TRIALS)


def test_what_was_read_off_the_photos_is_kept_once_at_the_end(context, together):
    kept = {}
    trained(TRIALS[:2], context, keep=lambda trial, arrays: kept.setdefault(trial.number, arrays))
    assert sorted(kept) == [0, 1]
    again = measures(from_arrays(kept[1]))
    recorded = together[1][0].measures
    assert again == pytest.approx({name: recorded[name] for name in again}, rel=1e-4, abs=1e-3)


def test_torchs_own_generator_is_left_alone(context):
    before = torch.random.get_rng_state()
    trained(TRIALS[:1], context)
    assert torch.equal(torch.random.get_rng_state(), before)


# results


def test_a_result_has_what_the_last_look_measured(together):
    result, curve = together[0]
    assert (result.status, result.reason) == ("complete", "")
    last = curve[-1][1]
    assert last["heldout/score"] == result.score
    assert last["heldout/cast"] == result.measures["cast"]


def test_a_result_knows_the_way_it_came(together):
    result, curve = together[0]
    seen = [(step, values["heldout/score"]) for step, values in curve if "heldout/score" in values]
    assert [(look.step, look.score) for look in result.evaluations] == seen
    assert result.evaluations[-1].ab_slope == result.measures["ab_slope"]


def test_a_result_has_the_ratio_of_the_golden_rule(together):
    ratios = []
    for result, curve in together.values():
        shares = [values for _, values in curve if "share/perceptual" in values][-1]
        perceptual, ab = shares["share/perceptual"], shares["share/ab_chrominance"]
        expected = ab / perceptual if ab and perceptual else None
        assert result.measures.get("ab_to_perceptual") == pytest.approx(expected)
        ratios.append(expected)
    assert any(ratios)


def test_the_gray_photo_it_starts_as_scores_2(together):
    step, first = together[0][1][0]
    assert step == 0
    assert first["heldout/score"] == pytest.approx(2, abs=0.05)


def test_every_result_is_told_once_when_it_is_there(context, heard):
    results = train_together(TRIALS, heard.on(context), heard.finished.append)
    assert sorted(one.trial.number for one in heard.finished) == [0, 1, 2, 3, 4]
    assert all(one in heard.finished for one in results)
    assert all(one.seconds > 0 for one in results)


def test_a_guardrail_rejects_with_its_sentence_and_keeps_the_score(context):
    strict = replace(context, scorer=Rejecting(context.scorer))
    result, _ = trained([trial()], strict)[0]
    assert (result.status, result.reason) == ("rejected", "color noise")
    assert result.score is not None
    assert result.warnings == ("too bright",)


class Rejecting:
    """A scorer with something to complain about."""

    def __init__(self, scorer):
        self.scorer = scorer

    def score(self, predictions):
        scores = self.scorer.score(predictions)
        return replace(scores, rejected="color noise", warnings=("too bright",))


def test_trials_without_numbers_of_their_own_are_our_mistake(context):
    with pytest.raises(AssertionError, match="a number of its own"):
        train_together([trial(0), trial(0, seed=2)], context, lambda result: None)


# curves and pictures


def test_evaluations_come_before_the_first_step_and_after_the_last(context, heard):
    train_together([trial()], heard.on(context), heard.finished.append)
    assert heard.steps_of("heldout/score") == LOOKS
    assert heard.steps_of("loss/total") == [1, 2, 3, 4, 5]


def test_every_step_and_every_scoring_is_told(context):
    told = []
    trials = [trial(number, steps=8) for number in (0, 1)]
    train_together(trials, replace(context, notify=told.append), lambda _result: None)
    for number in (0, 1):
        steps = [one.step for one in told if isinstance(one, StepsDone) and one.number == number]
        assert steps == list(range(1, 9))
    scorings = [one.done for one in told if isinstance(one, Activity)]
    assert scorings == [0, 1, *[0, 1, 2] * 4]  # the start is scored once for both


def test_the_start_of_a_seed_is_scored_in_the_first_round_and_told_in_every_one(context):
    heard = Heard()
    counting = Counting(context.scorer)
    shared = heard.on(context, scorer=counting)
    train_together([trial(0), trial(1, seed=2)], shared, heard.finished.append)
    first = counting.calls
    train_together([trial(2, ab_weight=4.0)], shared, heard.finished.append)
    assert (first, counting.calls) == (2 + 2 * 3, first + 3)
    assert heard.curve(2)[0] == heard.curve(0)[0]
    seen = {number: views for number, step, views in heard.pictures if step == 0}
    assert all((one == other).all() for one, other in zip(seen[0], seen[2], strict=True))


class Counting:
    """A scorer that counts its calls."""

    def __init__(self, scorer):
        self.scorer = scorer
        self.calls = 0

    def score(self, predictions):
        self.calls += 1
        return self.scorer.score(predictions)


def test_long_trainings_have_fifty_points_and_the_last_step(context, heard):
    train_together([trial(steps=101)], heard.on(context), heard.finished.append)
    assert heard.steps_of("loss/total") == [*range(2, 101, 2), 101]
    assert heard.steps_of("heldout/score") == [0, 13, 25, 50, 101]


def test_shares_of_every_point_sum_to_1(together):
    for _, curve in together.values():
        for _, values in curve:
            shares = [value for name, value in values.items() if name.startswith("share/")]
            assert not shares or sum(shares) == pytest.approx(1, abs=1e-5)


def test_whole_photos_are_shown_before_the_first_and_after_the_last_step(context, heard):
    train_together([trial(3), trial(4)], heard.on(context), heard.finished.append)
    assert [step for number, step, _ in heard.pictures if number == 3] == [LOOKS[0], LOOKS[-1]]
    shown = as_squares(context.heldout.gallery)
    assert shown.shape[1] > context.heldout.rgb.shape[-1]
    for _, _, views in heard.pictures:
        assert all(view.dtype == np.uint8 for view in views)
        assert all(view.shape == shown.shape for view in views)
    gray, prediction, photo = heard.pictures[0][2]
    assert (photo == shown).all()
    assert (gray == gray[..., :1]).all()
    assert np.abs(prediction.astype(int) - gray.clip(5, 250)).max() <= 1


# divergence


def test_a_diverged_trial_says_when_and_touches_no_other(context, together):
    lost = trial(9, a_weight=7, b_weight=7)
    poisoned = replace(context, terms=Poisoned(context.terms, step=3))
    found = trained([*TRIALS, lost], poisoned)
    result, curve = found.pop(9)
    assert (result.status, result.score) == ("diverged", None)
    assert result.reason == "the loss became nan at step 3"
    assert max(step for step, _ in curve) == 2
    assert found == together


def test_an_absurd_learning_rate_is_a_result(context, photos):
    absurd = spec_of(photos, learning_rate=1e30).trainer
    result, curve = trained([trial()], context, trainer=absurd)[0]
    assert result.reason == "the loss became nan at step 2"
    assert [step for step, _ in curve] == [0, 1]
    assert "heldout/score" not in curve[1][1]


def test_a_network_that_breaks_at_its_last_step_has_no_score(context, photos):
    absurd = spec_of(photos, learning_rate=1e30).trainer
    result, _ = trained([trial(steps=1)], context, trainer=absurd)[0]
    held = len(context.heldout.rgb)
    assert (result.status, result.score) == ("diverged", None)
    assert result.reason == (f"after step 1, {held} of {held} predictions hold NaN or infinity")


def test_weights_that_are_all_0_are_a_result(context):
    none = dict.fromkeys(trial().weights, 0.0)
    result, _ = trained([trial(**none)], context)[0]
    assert (result.status, result.reason) == ("diverged", "all weights of the loss are 0")


def test_it_learns_color(context, photos, heard):
    quick = spec_of(photos, learning_rate=5e-3, batch_size=4).trainer
    batches = replace(context.batches, batch_size=4)
    train_together([trial(steps=60)], heard.on(context, trainer=quick, batches=batches), print)
    scores = [values["heldout/score"] for _, values in heard.curve(0) if "heldout/score" in values]
    assert scores[-1] < scores[0] - 0.1


# who leaves early


def test_a_trial_that_is_sent_away_ends_there_and_touches_no_other(context, together, heard):
    asked = []

    def prune(running):
        asked.append([(one.trial.number, one.evaluations[-1].step) for one in running])
        return {1: "clearly behind"} if len(asked) == 2 else {}

    results = train_together(TRIALS, heard.on(context), heard.finished.append, prune)
    assert [number for number, _ in asked[2]] == [0, 2, 3, 4]
    assert asked[1] == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)]
    gone = results[1]
    assert (gone.status, gone.score, gone.reason) == ("pruned", None, "clearly behind")
    assert gone in heard.finished
    assert max(step for step, _ in heard.curve(1)) == gone.evaluations[-1].step == 1
    for number in (0, 2, 3, 4):
        assert results[number].score == together[number][0].score


def test_what_diverged_is_not_asked_about(context):
    asked = []
    lost = trial(9, a_weight=7, b_weight=7)
    poisoned = replace(context, terms=Poisoned(context.terms, step=1))
    train_together([TRIALS[0], lost], poisoned, print, lambda seen: asked.append(seen) or {})
    assert [[one.trial.number for one in seen] for seen in asked] == [[0]] * 3

import dataclasses
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_study import (
    AFTER_ONE,
    BEST,
    START,
    ended,
    finished,
    opened,
    stage_one,
    study_with_a_combination,
    trial,
)

from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry
from tuner.reporting.page.figures import response_figure
from tuner.reporting.page.response import noise_sd, responses
from tuner.results import SurfacePoint as Seen
from tuner.results.events import StageFinished


def points(response):
    return [(p.value, pytest.approx(p.score), p.seed, p.status) for p in response.points]


def test_every_weight_that_was_varied_has_a_response(history):
    first, second = responses(history)
    assert (first.weight, first.because) == ("perceptual_weight", "Reduce perceptual")
    assert (first.start, first.chosen) == (1.0, 0.3)
    assert (second.weight, second.start, second.chosen) == ("ab_weight", 2.0, 4.0)


def test_scores_are_shifted_so_that_all_seeds_meet_at_the_start(history):
    first = responses(history)[0]
    assert first.level == pytest.approx(1.41)
    # Seed 0 scored 1.40 at the start, where the mean is 1.41: so its 1.30 counts as 1.31.
    assert points(first) == [
        (0.3, 1.31, 0, "complete"),
        (1.0, 1.41, 0, "complete"),
        (1.0, 1.41, 1, "complete"),
        (1.0, 1.41, 2, "complete"),
    ]


def test_a_seed_that_was_not_trained_at_the_start_is_not_shifted(history):
    second = responses(history)[1]
    assert points(second) == [
        (2.0, 1.3, 0, "complete"),
        (3.0, 1.27, 0, "rejected"),
        (4.0, 1.19, 0, "complete"),
        (4.0, 1.2, 1, "complete"),
    ]


def test_means_leave_out_what_was_rejected(history):
    assert responses(history)[1].means == ((2.0, 1.3), (4.0, pytest.approx(1.195)))


def test_trainings_of_a_seed_make_a_strand(history):
    strands = responses(history)[1].strands
    assert [[(p.value, p.seed) for p in strand] for strand in strands] == [
        [(2.0, 0), (4.0, 0)],
        [(4.0, 1)],
    ]


def test_the_curve_of_a_stage_is_told_as_scores(history_of):
    curve = (
        Seen(value=0.3, gain=0.1, low=0.05, high=0.15), Seen(value=1.0, gain=0.0, low=0.0, high=0.0)
    )  # fmt: skip
    fitted = stage_one().model_copy(update={"curve": curve})
    events = [opened(), ended(trial(0), 1.4), ended(trial(3, AFTER_ONE, "candidate"), 1.3)]
    (seen,) = responses(history_of([*events, StageFinished(stage=fitted, incumbent=AFTER_ONE)]))
    assert [value for value, *_ in seen.curve] == [0.3, 1.0]
    assert seen.curve[0][1:] == pytest.approx((1.3, 1.25, 1.35))
    assert len(response_figure(seen).data) > len(
        response_figure(dataclasses.replace(seen, curve=())).data
    )


def test_what_moves_several_weights_or_none_is_no_response(history_of):
    events = list(study_with_a_combination())
    assert [seen.weight for seen in responses(history_of(events))] == [
        "perceptual_weight", "ab_weight"
    ]  # fmt: skip


def test_diverged_values_are_named(history):
    assert [response.diverged for response in responses(history)] == [(0.5,), ()]


def test_two_trainings_differ_by_root_two_of_the_noise_of_one(history):
    assert responses(history)[0].scatter == pytest.approx(0.03 * sqrt(2))


def test_before_the_end_the_spread_of_the_baseline_stands_in_for_the_noise(unfinished):
    assert noise_sd(unfinished) == pytest.approx(sqrt(((0.01**2) * 2 + 0.02**2) / 2))


def test_a_noise_that_is_not_known_has_no_band(history_of):
    assert noise_sd(history_of([opened(), finished(noise=None)])) is None
    assert noise_sd(history_of([opened(), ended(trial(0), 1.4)])) is None


def test_a_stage_that_is_not_judged_yet_has_a_response_too(history_of):
    three = trial(1, {**START, "ab_weight": 3.0}, "candidate", stage=2, varied="ab_weight")
    [response] = responses(history_of([opened(), ended(trial(0), 1.4), ended(three, 1.3)]))
    assert (response.chosen, response.level, response.because) == (
        None,
        1.4,
        "Emphasize chrominance",
    )


def test_a_stage_of_which_nothing_is_known_yet_has_none(history_of):
    judged = [opened(), StageFinished(stage=stage_one(), incumbent=AFTER_ONE)]
    assert responses(history_of(judged)) == ()


def test_trials_of_several_weights_at_once_belong_to_no_weight(history_of):
    both = trial(1, {**BEST, "l_weight": 0.3}, "candidate", stage=3)
    assert responses(history_of([opened(), ended(trial(0), 1.4), ended(both, 1.1)])) == ()


def test_without_a_score_at_the_start_scores_stay_as_they_are(history_of):
    steps = [
        trial(n, {**START, "ab_weight": value}, "candidate", stage=2, varied="ab_weight")
        for n, value in enumerate((3.0, 4.0))
    ]
    [response] = responses(history_of([opened(), *(ended(one, 1.3) for one in steps)]))
    assert response.level is None
    assert points(response) == [(3.0, 1.3, 0, "complete"), (4.0, 1.3, 0, "complete")]


@pytest.mark.parametrize(
    ("values", "logarithmic"), [((0.2, 2.5), True), ((0.5, 2.0), False), ((0.0, 5.0), False)]
)
def test_values_over_a_decade_are_told_apart_on_a_logarithmic_axis(history_of, values, logarithmic):
    steps = [
        trial(n, {**START, "ab_weight": value}, "candidate", stage=2, varied="ab_weight")
        for n, value in enumerate(values)
    ]
    [response] = responses(history_of([opened(), *(ended(one, 1.3) for one in steps)]))
    assert response.logarithmic is logarithmic


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.floats(-1, 1), st.floats(-1, 1))
def test_what_a_seed_adds_to_all_its_scores_is_not_seen(shares, three, four):
    """An independent look: the differences to the start within each seed."""

    def answer(seed_adds):
        events = [opened()]
        for seed, share in enumerate(seed_adds):
            for value, effect in ((2.0, 0.0), (3.0, three), (4.0, four)):
                role = "baseline" if value == 2.0 else "candidate"
                asked = trial(
                    len(events), {**START, "ab_weight": value}, role, seed=seed, stage=2,
                    varied="ab_weight",
                )  # fmt: skip
                events.append(ended(asked, 1.0 + effect + share))
        [response] = responses(fold(Entry(event, 1.0, 0) for event in events))
        return [(p.value, p.score - response.level) for p in response.points]

    effects = {2.0: 0.0, 3.0: three, 4.0: four}
    for value, shifted in answer(shares):
        assert shifted == pytest.approx(effects[value], abs=1e-9)


def test_a_curve_that_contradicts_the_values_tried_is_left_out(history_of):
    above = [Seen(value=value, gain=-0.5, low=-0.6, high=-0.4) for value in (0.3, 0.5)]
    curve = (*above, Seen(value=1.0, gain=0.0, low=0.0, high=0.0))
    fitted = stage_one().model_copy(update={"curve": curve})
    tried = [
        trial(n, {**START, "perceptual_weight": value}, "candidate")
        for n, value in ((3, 0.3), (4, 0.5))
    ]
    events = [opened(), ended(trial(0), 1.4), *(ended(one, 1.3) for one in tried)]
    (seen,) = responses(history_of([*events, StageFinished(stage=fitted, incumbent=AFTER_ONE)]))
    assert seen.curve == ()


def test_values_that_left_early_or_diverged_are_marked_at_the_upper_edge(history_of):
    tried = [
        trial(n, {**START, "ab_weight": value}, "candidate", stage=2, varied="ab_weight")
        for n, value in ((1, 3.0), (2, 8.0), (3, 16.0))
    ]
    lost = [ended(tried[1], None, "pruned"), ended(tried[2], None, "diverged")]
    events = [opened(), ended(trial(0), 1.4), ended(tried[0], 1.3), *lost]
    [response] = responses(history_of(events))
    drawn = response_figure(response)
    marks = {trace.name: trace for trace in drawn.data if trace.name}
    early, lost = marks["left early, clearly behind"], marks["diverged"]
    assert (early.x, lost.x) == ((8.0,), (16.0,))
    assert {*early.y, *lost.y} == {drawn.layout.yaxis.range[1]}
    assert drawn.layout.xaxis.range[1] >= 16.0

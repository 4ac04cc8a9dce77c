from sample_study import (
    ended,
    finished,
    opened,
    stage_one,
    told,
    trial,
    whole_study,
)

from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry
from tuner.results.events import (
    OF_THE_STUDY,
    CurvePoint,
    StageFinished,
    StudyOpened,
    TrialFinished,
    TrialStarted,
)
from tuner.tracking.batcher import MetricBatcher


def entries(*events):
    return [Entry(event, 100.0 + i, 0) for i, event in enumerate(events)]


def updates_of(*events):
    written = entries(*events)
    return MetricBatcher().sort(written, fold(written))


def numbers(update, key):
    return [(point.step, point.value) for point in update.points if point.key == key]


def test_every_run_gets_its_own_update():
    updates = updates_of(opened(), *told(trial(0), 1.4), *told(trial(1), 1.3))
    assert updates.keys() == {OF_THE_STUDY, 0, 1}
    assert numbers(updates[0], "loss/total") == [(100, 0.01), (200, 0.005), (300, 0.00333333)]
    assert [picture.step for picture, _ in updates[0].pictures] == [0, 300]
    assert numbers(updates[1], "score") == [(300, 1.3)]


def test_the_score_is_the_first_of_the_final_numbers():
    keys = [point.key for point in updates_of(opened(), *told(trial(0), 1.4))[0].points]
    assert keys[-5:] == ["score", "summary/lpips", "summary/cast", "summary/seconds", "gain"]


def test_what_is_measured_once_has_a_name_behind_those_of_the_curves():
    """MLflow sorts charts by name; a measure that has a curve is the end of that curve."""
    seen = CurvePoint(number=0, step=100, values={"heldout/cast": 5.0})
    update = updates_of(opened(), TrialStarted(trial=trial(0)), seen, ended(trial(0), 1.4))[0]
    assert numbers(update, "heldout/cast") == [(100, 5.0), (300, 3.0)]
    assert numbers(update, "summary/lpips") == [(300, 0.123457)]
    assert max(point.key for point in update.points) > "share/"


def test_the_ratio_of_two_shares_stands_with_what_is_measured_once():
    done = ended(trial(0), 1.4)
    measured = done.result.model_copy(update={"measures": {"ab_to_perceptual": 2.5, "cast": 3.0}})
    update = updates_of(opened(), TrialFinished(result=measured))[0]
    assert numbers(update, "summary/ab_to_perceptual") == [(300, 2.5)]
    assert numbers(update, "summary/cast") == [(300, 3.0)]


def test_a_diverged_trial_has_no_score():
    update = updates_of(opened(), *told(trial(0), None, "diverged"))[0]
    assert numbers(update, "score") == []


def test_steps_told_again_after_a_kill_are_sent_once():
    again = [CurvePoint(number=0, step=step, values={"a": 1.0}) for step in (1, 2, 1, 2, 3)]
    written = entries(opened(), TrialStarted(trial=trial(0)), *again)
    batcher = MetricBatcher()
    for entry in written[:4]:
        batcher.remember(entry)
    assert numbers(batcher.sort(written[4:], fold(written))[0], "a") == [(3, 1.0)]


def test_a_judged_stage_is_news_for_its_trials():
    before = entries(*whole_study())
    judged = [entry for entry in before if isinstance(entry.event, StageFinished)]
    assert MetricBatcher().sort(judged[:1], fold(before)).keys() == {OF_THE_STUDY, 3, 4}


def test_an_end_is_news_for_the_confirmation_and_a_beginning_for_what_was_left():
    before = entries(*whole_study(), TrialStarted(trial=trial(10)), opened())
    (_, again) = [entry for entry in before if isinstance(entry.event, StudyOpened)]
    assert MetricBatcher().sort([again], fold(before)).keys() == {OF_THE_STUDY, 10}
    of_the_claim = {8, 9} | {0, 1, 2, 10} | {6, 7}  # and other seeds, which share its row
    assert MetricBatcher().sort(entries(finished()), fold(before)).keys() == {
        OF_THE_STUDY,
        *of_the_claim,
    }


def curve(step, **values):
    return CurvePoint(number=0, step=step, values=values)


def test_names_that_differ_only_in_what_is_cleaned_are_kept_apart_also_after_a_restart():
    written = entries(
        opened(),
        TrialStarted(trial=trial(0)),
        curve(1, **{"a=b": 1.0, "a%b": 2.0}),
        curve(2, **{"a%b": 4.0, "a=b": 3.0}),
    )
    at_once, restarted = MetricBatcher(), MetricBatcher()
    for entry in written[:-1]:
        restarted.remember(entry)
    both = at_once.sort(written, fold(written))[0]
    assert numbers(both, "a_b") == [(1, 1.0), (2, 3.0)]
    assert numbers(both, "a_b_2") == [(1, 2.0), (2, 4.0)]
    late = restarted.sort(written[-1:], fold(written))[0]
    assert (numbers(late, "a_b"), numbers(late, "a_b_2")) == ([(2, 3.0)], [(2, 4.0)])


def test_a_step_that_no_database_holds_is_left_out_and_named(caplog):
    update = updates_of(
        opened(), TrialStarted(trial=trial(0)), curve(10**19, loss=1.0), curve(3, loss=2.0)
    )[0]
    assert numbers(update, "loss") == [(3, 2.0)]
    assert "'loss' is left out at step 10000000000000000000" in caplog.text


def test_a_number_that_is_maximized_is_sent_in_its_own_sign_beside_the_score():
    objective = {"metric": "psnr", "direction": "maximize"}
    begun = opened()
    begun = begun.model_copy(update={"spec": {**begun.spec, "objective": objective}})
    judged = StageFinished(stage=stage_one(), incumbent={}, noise=None)
    updates = updates_of(begun, *told(trial(0), -13.6), judged)
    assert numbers(updates[0], "objective/psnr") == [(300, 13.6)]
    assert numbers(updates[0], "score") == [(300, -13.6)]
    scores = numbers(updates[OF_THE_STUDY], "incumbent/score")
    assert numbers(updates[OF_THE_STUDY], "incumbent/psnr") == [
        (step, -score) for step, score in scores
    ]

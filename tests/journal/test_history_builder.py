import re
from dataclasses import replace

import pytest
from sample_study import (
    AFTER_ONE,
    BEST,
    NOISE,
    START,
    combination,
    ended,
    finished,
    opened,
    record,
    stage_one,
    stage_two,
    study_with_a_combination,
    ticking,
    trial,
    whole_study,
)

from tuner.errors import StudyNotFound
from tuner.journal.history_builder import find_history, fold, read_history
from tuner.journal.journal_file import Entry
from tuner.results.events import CurvePoint, PictureTaken, StageFinished, TrialStarted


def history_of(*events):
    return fold(Entry(event, 100.0 + i, 0) for i, event in enumerate(events))


def test_a_finished_study_is_read_from_its_folder(study_folder):
    history = read_history(study_folder)
    assert (history.study, history.opened.uid) == ("sepia-fix", "0123456789abcdef")
    assert history.stages == (stage_one(), stage_two())
    assert history.finished == finished()
    assert (len(history.results), history.running) == (10, {})
    assert history.started < history.ended == history.last


def test_a_study_that_ended_before_effects_were_recorded_is_still_read(tmp_path):
    folder = record(tmp_path, whole_study())
    journal = folder / "journal.jsonl"
    later = ', "simplification": null, "finalists": [], "effects": []'
    old = journal.read_text().replace(later, "")
    old = re.sub(r', "crc32": "\w+"\}', "}", old)  # nor were checksums
    journal.write_text(old)
    assert "effects" not in old
    assert read_history(folder).finished == finished()


def test_provenance_joins_what_was_opened_with_what_was_prepared(study_folder):
    history = read_history(study_folder)
    assert history.facts["photos"] == "sha256:1234"
    assert history.provenance.keys() == {"torch", "machine", "photos", "training network"}
    assert history.notices == ("LPIPS measures with a random trunk.",)


def test_a_trial_runs_from_its_start_to_its_end():
    begun = history_of(opened(), TrialStarted(trial=trial(0)))
    done = history_of(opened(), TrialStarted(trial=trial(0)), ended(trial(0), 1.4))
    assert (begun.state(0), done.state(0)) == ("running", "complete")
    assert (done.began, done.stopped) == ({0: 101.0}, {0: 102.0})


def test_what_an_earlier_run_left_open_was_interrupted():
    history = history_of(opened(), TrialStarted(trial=trial(0)), opened())
    assert history.state(0) == "interrupted"
    assert history.running == {}
    assert history.stopped == {0: 101.0}


def test_a_trial_that_is_taken_up_again_runs_and_keeps_its_beginning():
    begun = TrialStarted(trial=trial(0))
    history = history_of(opened(), begun, opened(), begun)
    assert history.state(0) == "running"
    assert (history.began, history.stopped) == ({0: 101.0}, {})


def test_a_study_that_is_opened_again_is_not_finished_yet():
    history = history_of(opened(), finished(), opened())
    assert (history.finished, history.ended) == (None, None)
    assert (history.started, history.last) == (100.0, 102.0)


def test_the_incumbent_moves_with_the_stages():
    before = history_of(opened())
    after = history_of(opened(), StageFinished(stage=stage_one(), incumbent=AFTER_ONE), opened())
    assert (before.incumbent, after.incumbent) == (START, AFTER_ONE)
    assert BEST != AFTER_ONE


def test_a_combination_moves_the_incumbent_once_more():
    history = history_of(*study_with_a_combination())
    assert history.combination == combination()
    assert history.incumbent == combination().chosen
    assert history.noise == NOISE


def test_of_each_curve_the_latest_point_is_kept():
    points = [CurvePoint(number=0, step=s, values={"loss/total": 1 / s}) for s in (1, 2)]
    history = history_of(opened(), *points, CurvePoint(number=0, step=1, values={"score": 1.0}))
    assert history.curves == {0: {"loss/total": (2, 0.5), "score": (1, 1.0)}}


def test_a_picture_taken_twice_is_there_once():
    picture = PictureTaken(number=0, step=0, name="samples", path="a.png")
    assert history_of(opened(), picture, picture).pictures == (picture,)


def test_a_result_without_a_beginning_counts(tmp_path):
    history = history_of(opened(), ended(trial(0), 1.4))
    assert history.trials[0] == trial(0)
    assert history.began == {0: 101.0}


def test_a_study_that_was_never_run_is_not_found(tmp_path):
    assert find_history(tmp_path / "sepia-fix") is None
    with pytest.raises(StudyNotFound, match=r"'tuner run --study sepia-fix .*' starts the study"):
        read_history(tmp_path / "sepia-fix")
    with pytest.raises(StudyNotFound, match=r"'tuner run --study FILE .*' starts the study"):
        read_history(tmp_path / "of-a-path")


def test_half_a_study_can_be_looked_at(tmp_path):
    history = read_history(record(tmp_path, list(whole_study())[:12], ticking()))
    assert history.finished is None
    assert list(history.running) == [1]
    assert history.start_weights == START


def test_a_history_without_curves_is_otherwise_the_same(tmp_path):
    point = CurvePoint(number=0, step=5, values={"loss/total": 1.0})
    first, *others = whole_study()
    folder = record(tmp_path, [first, point, *others, point])
    whole, without = read_history(folder), read_history(folder, curves=False)
    assert whole.last == without.last > 0
    assert replace(whole, curves={}) == replace(without, curves={})


def test_the_last_line_tells_the_time_also_where_it_is_a_point_of_a_curve(tmp_path):
    points = [CurvePoint(number=0, step=step, values={"loss/total": 1.0}) for step in range(9)]
    folder = record(tmp_path, [opened(), *points])
    assert len(read_history(folder, curves=False).curves) == 1
    assert read_history(folder, curves=False).last == read_history(folder).last


def test_results_are_found_by_their_weights_and_steps(study_folder):
    history = read_history(study_folder)
    found = [one for row in history.results_alike.values() for one in row]
    assert {one.trial.number for one in found} == set(history.results)
    for (weights, steps), row in history.results_alike.items():
        assert all(one.trial.is_of(dict(weights)) and one.trial.steps == steps for one in row)

import io
import math
import re
from dataclasses import replace

import pytest
import yaml
from predictions import HEALTHY, PALE, SEPIA
from sample_study import whole_study

from tuner.display.pages import print_status, print_study
from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry
from tuner.reporting.export import best_yaml
from tuner.reporting.outcome import describe_diagnosis, describe_illness, describe_outcome
from tuner.reporting.page.facts import facts_of
from tuner.results import Trial, TrialResult
from tuner.spec.study_file import load_study
from tuner.tracking.pages import study_note

START, BEST = {"ab_weight": 2.0}, {"ab_weight": 4.0}


def result(weights, seed, role="confirmation", **changed):
    trial = Trial(weights=weights, seed=seed, steps=10, role=role)
    measures = {**HEALTHY, **changed}
    return TrialResult(trial=trial, status="complete", score=1.0, measures=measures)


def confirmed(before, after, seeds=(101, 102, 103, 104, 105), scatter=0.2):
    """Both weights on each seed, with measures that differ a little between seeds."""
    told = []
    for index, seed in enumerate(seeds):
        off = scatter * math.sin(index)
        for weights, changed in ((START, before), (BEST, after)):
            told.append(result(weights, seed, **{k: v + off for k, v in changed.items()}))
            off = -off
    return told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (SEPIA, {}, r"Cured: sepia-cast \(tint 9\.\d+ -> 0.5; healthy is below 4\)\."),
        (SEPIA, {**SEPIA, "tint": 6.0},
         r"Still sepia-cast, but less \(tint 9\.\d+ -> [56]\.\d+; healthy is below 4\)\."),
        (SEPIA, {**SEPIA, "tint": 12.0}, r"Still sepia-cast, and more \(tint 9.* -> 1[12].*\)\."),
        (SEPIA, SEPIA, r"Still sepia-cast, not visibly less \(tint .*\)\."),
        (SEPIA, {**SEPIA, **PALE}, r"Still sepia-cast and washed-out, not visibly less \(.*\)\."),
        (SEPIA, PALE, r"No longer sepia-cast \(tint .* -> 0.5; .*\), but washed-out\."),
        (PALE, {**PALE, "chroma_ratio": 0.7},
         r"Still washed-out, but less \(chroma_ratio 0\.\d+ -> 0\.\d+; healthy is above 0.75\)\."),
        ({}, PALE, r"New with the best weights: washed-out \(chroma_ratio 0\.\d+; healthy .*\)\."),
        ({}, {}, ""),
    ],
)  # fmt: skip
def test_what_became_of_the_symptom_is_told(before, after, told):
    scatter = 0.02 if "chroma_ratio" in {**before, **after} else 0.2
    assert re.fullmatch(
        told, describe_outcome(confirmed(before, after, scatter=scatter), START, BEST)
    )


def test_two_seeds_are_too_few_to_tell():
    told = describe_outcome(confirmed(SEPIA, {**SEPIA, "tint": 6.0}, (101, 102)), START, BEST)
    assert told.startswith("Still sepia-cast, too few seeds to tell whether less (tint ")


def test_only_the_seeds_of_the_claim_count():
    results = [result(START, 1, "baseline", **SEPIA), result(BEST, 1, "candidate")]
    assert describe_outcome(results, START, BEST) == ""
    assert describe_outcome(confirmed(SEPIA, {}), START, START) == ""


def test_the_start_weights_are_told_with_the_study_for_them():
    results = [result(START, seed, "baseline", **SEPIA, **PALE) for seed in (1, 2, 3)]
    assert describe_illness(results, START, "sepia-fix") == (
        "Diagnosis of the start weights: sepia-cast (tint 9; healthy is below 4) and washed-out."
    )
    assert describe_illness(results, START, "mine").endswith("; sepia-fix is the study for that.")


def test_a_study_by_another_name_is_not_told_to_be_what_it_is():
    results = [result(START, 1, "baseline", **SEPIA)]
    symptom = load_study("sepia-fix").symptom
    assert describe_illness(results, START, "tiny", symptom=symptom) == (
        "Diagnosis of the start weights: sepia-cast (tint 9; healthy is below 4)."
    )


def test_no_shipped_study_is_recommended_for_weights_that_it_does_not_know():
    own = {"ab": 2.0}
    ill = result(START, 1, "baseline", **SEPIA)
    results = [ill.model_copy(update={"trial": ill.trial.model_copy(update={"weights": own})})]
    assert describe_illness(results, own, "mine") == (
        "Diagnosis of the start weights: sepia-cast (tint 9; healthy is below 4)."
    )
    well = [result(START, 1, "baseline")]
    assert describe_illness(well, START, "mine") == "Diagnosis of the start weights: healthy."


def test_a_loss_of_ones_own_gets_the_command_that_writes_its_study():
    results = [result(START, 1, "baseline", **PALE)]
    roles = {"ab_weight": "ab"}
    told = "Diagnosis of the start weights: washed-out (chroma_ratio "
    assert describe_illness(results, START, "mine", roles).startswith(told)
    assert describe_illness(results, START, "mine", roles).endswith(
        ". Treat it: tuner init mine-washed-out --symptom washed-out --from mine"
    )
    assert describe_illness(results, START, "mine", {"l_weight": "l"}).endswith(").")


def test_hues_around_0_have_their_mean_at_0():
    pinks = [result(START, seed, **SEPIA, tint_hue=hue) for seed, hue in ((1, 350.0), (2, 2.0))]
    assert describe_illness(pinks, START, "mine").startswith(
        "Diagnosis of the start weights: purple-cast (tint 9; "
    )


def test_where_nothing_was_measured_nothing_is_told():
    trial = Trial(weights=START, seed=1, steps=10, role="baseline")
    bare = TrialResult(trial=trial, status="complete", score=1.0, measures={"loss": 1.0})
    failed = result(START, 2, **SEPIA).model_copy(update={"score": None})
    assert describe_illness([bare, failed], START, "mine") == ""
    assert describe_diagnosis([bare, failed], START, BEST, "mine").sentence == ""


def test_an_unfinished_study_and_one_that_keeps_its_weights_tell_of_these():
    results = confirmed(SEPIA, {})
    for best in (None, START):
        assert describe_diagnosis(results, START, best, "mine").state.startswith(
            "Diagnosis of the start"
        )
    assert describe_diagnosis(results, START, BEST, "mine").state.startswith("Cured: sepia-cast")


def history_of(events):
    """The sample study, whose predictions were sepia before `ab_weight` was raised."""
    history = fold(Entry(event, 1_700_000_000.0 + at, 0) for at, event in enumerate(events))
    results = {
        number: one.model_copy(
            update={
                "measures": {**HEALTHY, **(SEPIA if one.trial.weights["ab_weight"] < 3 else {})}
            }
        )
        for number, one in history.results.items()
    }
    return replace(history, results=results)


def printed(page, history):
    stream = io.StringIO()
    page(history, stream=stream, width=200)
    return stream.getvalue()


def test_status_study_report_mlflow_and_export_tell_it():
    cured = "Cured: sepia-cast (tint 9 -> 0.5; healthy is below 4)."
    history = history_of(whole_study())
    assert cured in printed(print_status, history)
    assert cured in printed(print_study, history)
    assert cured in study_note(history, "", alive=False)
    assert dict(facts_of(history).answers)["Is it cured?"] == cured
    assert yaml.safe_load(best_yaml(history))["diagnosis"] == cured
    running = history_of(list(whole_study())[:-1])
    assert "Diagnosis of the start weights: sepia-cast (tint 9; " in printed(print_status, running)

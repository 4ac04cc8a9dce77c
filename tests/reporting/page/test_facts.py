from dataclasses import replace

import pytest
from sample_study import (
    SPEC,
    START,
    answered,
    carried,
    compared,
    finished,
    opened,
    study_with_a_combination,
    whole_study,
)

from tuner.reporting.outcome import Diagnosis
from tuner.reporting.page.facts import facts_of
from tuner.reporting.ranking import Ranking
from tuner.results import RefusedBetter, RivalResult
from tuner.results.events import TrainingPrepared

DIAGNOSIS = Diagnosis("Still sepia-cast.", "What would help: more photos.")


def ends_with(history_of, outcome):
    return facts_of(history_of([*list(whole_study())[:-1], outcome]))


def test_the_first_line_is_the_verdict(history):
    facts = facts_of(history)
    assert facts.verdict.startswith("Confirmed on 5 fresh seeds: score 1.41 -> 1.18, gain 0.23")
    assert facts.tone == "good"


def test_an_unfinished_study_says_so_first(unfinished):
    facts = facts_of(unfinished)
    assert facts.verdict == (
        "Unfinished: 10 of at most 12 trials, 2 stages judged; nothing is confirmed yet."
    )
    assert (facts.tone, facts.python) == ("open", "")
    assert "gain" not in dict(facts.figures)


def test_key_figures_tell_how_far_the_claim_carries(history_of):
    figures = dict(ends_with(history_of, carried()).figures)
    assert figures["gain on other photos"] == "0.00 to 0.46"
    assert dict(ends_with(history_of, carried(vault=True)).figures)["gain on the vault"]


def test_the_first_screen_answers_which_weights_how_sure_and_what_next(
    history, unfinished, history_of
):
    weights = "perceptual_weight=0.3, l_weight=1.0, ab_weight=4.0, saturation_weight=0.1"
    export = "tuner export --study sepia-fix --into FILE writes them into your training file."
    assert facts_of(history).answers == (
        ("Which weights?", f"Train with: {weights}"),
        ("How sure?", "Better on 5 fresh seeds; 95 % interval of the gain: 0.15 to 0.31."),
        ("What next?", export),
    )
    answers = dict(facts_of(unfinished).answers)
    assert answers["What next?"].startswith("tuner run --study sepia-fix goes on")
    assert answers["How sure?"] == "Nothing is confirmed yet: no fresh seeds were trained."
    nothing = finished(compared(1.4, 1.4, "no difference", seeds=()), best_weights=START)
    assert dict(ends_with(history_of, nothing).answers)["How sure?"] == (
        "No gain is claimed, as nothing better than the start weights was found."
    )
    all_refused = nothing.model_copy(update={"refused": (RefusedBetter(guardrail="psnr", sets=3),)})
    assert dict(ends_with(history_of, all_refused).answers)["How sure?"] == (
        "No gain is claimed, as nothing better than the start weights was found that keeps all "
        "guardrails. Scored better on a seed, and refused: 3 sets of weights by the guardrail of "
        "psnr."
    )
    kept = finished(compared(1.4, 1.39, "no difference"), best_weights=START)
    answers = dict(ends_with(history_of, kept).answers)
    assert answers["Which weights?"].startswith("Train with the start weights, as before: ")
    assert answers["What next?"] == (
        "More seeds may settle it: tuner run --study sepia-fix --confirm 2"
    )
    worse = finished(compared(1.4, 1.5, "worse"), best_weights=START)
    answers = dict(ends_with(history_of, worse).answers)
    assert answers["What next?"].startswith("tuner show --study sepia-fix lists the values")


def test_how_sure_names_other_photos_and_a_claim_without_an_interval(history_of):
    assert dict(ends_with(history_of, carried()).answers)["How sure?"].endswith(
        "interval of the gain: 0.15 to 0.31, on other photos 0.00 to 0.46."
    )
    lost = finished().confirmation.model_copy(update={"low": None, "high": None})
    assert dict(ends_with(history_of, finished(lost)).answers)["How sure?"].startswith("Not known")


def test_whether_it_is_cured_is_the_diagnosis_and_what_would_help_comes_next(history, monkeypatch):
    monkeypatch.setattr("tuner.reporting.page.recommendation.diagnosis_of", lambda _: DIAGNOSIS)
    answers = dict(facts_of(history).answers)
    assert answers["Is it cured?"] == "Still sepia-cast."
    assert answers["What next?"].endswith(" into your training file. What would help: more photos.")


@pytest.mark.parametrize(
    ("outcome", "tone"),
    [
        (finished(compared(1.4, 1.5, "worse"), best_weights=START), "bad"),
        (finished(compared(1.4, 1.39, "no difference"), best_weights=START), "same"),
        (finished(compared(1.4, 1.4, "no difference", seeds=()), best_weights=START), "same"),
    ],
)
def test_the_tone_is_the_verdicts(history_of, outcome, tone):
    assert ends_with(history_of, outcome).tone == tone


def test_key_figures_are_those_of_the_claim(history):
    assert dict(facts_of(history).figures) == {
        "score": "1.410 → 1.180",
        "gain": "0.23 (95 % interval 0.15 to 0.31)",
        "noise of one training": "± 0.030",
        "trials": "10",
        "time": "75 s",
    }


def test_weights_that_changed_are_marked(history):
    rows = [(r.name, r.before, r.after, r.changed) for r in facts_of(history).weights]
    assert rows == [
        ("perceptual_weight", "1.0", "0.3", True),
        ("l_weight", "1.0", "1.0", False),
        ("ab_weight", "2.0", "4.0", True),
        ("saturation_weight", "0.1", "0.1", False),
    ]


def test_the_session_reads_like_the_guides(history):
    session = facts_of(history).session
    assert [step.tone for step in session] == ["start", "good", "good"]
    assert session[0].text.startswith("Initial (purple or sepia tones): perceptual_weight=1.0")
    assert session[2].text.startswith("Step 2 - Emphasize chrominance: ab_weight 2.0 -> 4.0")


def test_every_trial_is_a_line(history):
    rows = {row.name: row for row in facts_of(history).trials}
    assert len(rows) == 10
    diverged = rows["04 perceptual_weight=0.5"]
    assert (diverged.score, diverged.verdict, diverged.tone) == ("", "diverged", "bad")
    assert diverged.remark == "the loss became NaN at step 150"
    best = rows["06 ab_weight=4.0"]
    assert (best.score, best.gain, best.verdict, best.tone) == ("1.190", "+0.110", "better", "good")
    assert (best.stage, best.seed, best.measures) == ("2", "0", ("0.1235", "3.0"))
    assert facts_of(history).measures == ("lpips", "cast")


def test_where_it_is_from_names_versions_digests_seeds_and_the_trunk(history):
    kept = dict(facts_of(history).provenance)
    assert kept["begun"] == "2023-11-14 22:13 UTC"
    assert (kept["torch"], kept["seeds"]) == ("2.13.0", "0, 1, 2, 10")
    assert (kept["training network"], kept["photos"]) == ("alex, random", "sha256:1234")
    assert len(kept["study digest"]) == 64
    assert "last written" not in kept


def test_notices_are_passed_on_and_quick_is_named(history_of, history):
    assert facts_of(history).notices == ("LPIPS measures with a random trunk.",)
    quick = opened().model_copy(update={"spec": {**SPEC, "preset": "quick"}})
    [notice] = facts_of(history_of([quick])).notices
    assert notice.startswith("Made with --quick")


def test_what_is_wrong_stands_apart_from_what_is_worth_knowing(history_of, monkeypatch):
    prepared = TrainingPrepared(facts={}, notices=("Wrong.",), remarks=("As asked.",))
    last = finished(warnings=("Mind the rule.",))
    history = history_of([opened(), prepared, last])
    for contradicts, notices, remarks in [
        (False, ("Wrong.", "Mind the rule."), ("As asked.", "A ranking.")),
        (True, ("Wrong.", "Mind the rule.", "A ranking."), ("As asked.",)),
    ]:
        ranking = Ranking("A ranking.", contradicts)
        monkeypatch.setattr("tuner.reporting.page.notices.find_ranking", lambda _, r=ranking: r)
        facts = facts_of(history)
        assert (facts.notices, facts.remarks) == (notices, remarks)


def test_a_demo_leads_to_the_users_own_photos(history, history_of):
    spec = {**SPEC, "preset": "quick", "quick": {"weights.ab_weight": SPEC["weights"]["ab_weight"]}}
    told = facts_of(history_of([opened().model_copy(update={"spec": spec}), finished()]))
    answers = dict(told.answers)
    assert answers["Which weights?"].startswith("Best weights of the demo: ")
    own = f"--photos DIR --set study={history.study}-photos trains on your photos"
    assert own in answers["What next?"]
    assert told.notices == ("Demo: deliberately bad start weights. Do not use its result.",)


def test_the_scale_is_told_where_photos_were_scored(history, history_of):
    assert "2 is what the gray photo earns" in facts_of(history).scale
    evaluated = [opened(), TrainingPrepared(facts={"trainer": "evaluate"}), finished()]
    facts = facts_of(history_of(evaluated))
    assert (facts.scale, facts.python) == ("Lower is better.", "")


@pytest.mark.parametrize(
    ("seconds", "told"), [(5.0, "5 s"), (600.0, "10 min"), (3 * 3600.0, "3 h")]
)
def test_time_is_told_as_people_do(history, seconds, told):
    facts = facts_of(replace(history, started=100.0, ended=100.0 + seconds))
    assert dict(facts.figures)["time"] == told


def test_the_session_tells_the_combination_rivals_and_warnings(history_of):
    rival = RivalResult(name="rlw", comparison=None)
    last = finished(rivals=(rival,), warnings=("Mind the rule.",))
    facts = facts_of(history_of([*study_with_a_combination(), last]))
    assert facts.session[-2].text.startswith("Step 3 - Combine: perceptual_weight 0.3 -> 0.42")
    assert facts.session[-1].text == "Instead, random loss weighting: no score"
    assert facts.notices[-1] == "Mind the rule."


def test_the_session_ends_with_the_fewest_changes(history_of):
    last = facts_of(history_of([*study_with_a_combination(), answered()])).session[-1]
    assert last.text.startswith("Step 4 - Fewest changes: perceptual_weight back to 1.0")
    assert last.tone == "good"

import pytest
from sample_study import finished, whole_study

from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry
from tuner.reporting.page.facts import facts_of
from tuner.reporting.preference import describe_preference, preference_sentences
from tuner.reporting.tables import trials_record
from tuner.results import JudgedPair, Preference, Proportion
from tuner.results.events import PreferenceJudged
from tuner.tracking import pages


def preferred(verdict="better", photos=6, agreement=True):
    share = Proportion(value=0.81, low=0.62, high=0.93, answers=27, photos=photos)
    return Preference(
        order=0,
        pairs=(JudgedPair(photo=0, seed=101, choice="best", gain=0.1),),
        share=share,
        looks=(20, 27),
        verdict=verdict,
        agreement=share.model_copy(update={"answers": 24}) if agreement else None,
    )


def history_of(*events):
    return fold(Entry(event, 100.0 + number, 0) for number, event in enumerate(events))


def test_a_preference_is_told_with_its_interval_and_what_the_score_says():
    person, score = describe_preference(preferred())
    assert person == (
        "Asked blind, a person prefers the best weights: the best weights got 81 % of 27 answers "
        "on 6 photos (95 % interval 62 to 93 %)."
    )
    assert score == (
        "The score orders the two pictures as this person does in 81 % of 24 preferences "
        "(95 % interval 62 to 93 %)."
    )


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (preferred("worse"), "a person prefers the start weights: the best weights got"),
        (preferred("no difference"), "no clear preference between the start weights and the best"),
        (preferred("no difference", photos=4), "; it takes 6 photos to tell a preference."),
    ],
)
def test_other_verdicts_are_told_as_they_are(found, told):
    assert told in describe_preference(found)[0]


def test_without_scores_of_pictures_only_the_person_is_told():
    assert len(describe_preference(preferred(agreement=False))) == 1


def test_the_latest_preference_stands_in_record_report_and_mlflow():
    asked = [PreferenceJudged(preference=preferred(which)) for which in ("worse", "better")]
    history = history_of(*whole_study(), *asked)
    told = preference_sentences(history)
    assert told == describe_preference(preferred())
    assert facts_of(history).preference == told
    assert told[0] in pages.study_note(history, "", alive=False)
    tags = pages.study_tags(history)
    assert (tags["tuner.preference"], tags["tuner.preference.share"]) == ("better", "0.810")
    assert [one["verdict"] for one in trials_record(history)["preferences"]] == ["worse", "better"]


def test_two_compared_sets_are_called_by_their_names():
    compared = finished(compared=("balanced", "mine.yaml"))
    history = history_of(
        *list(whole_study())[:-1], compared, PreferenceJudged(preference=preferred())
    )
    assert preference_sentences(history)[0].startswith(
        "Asked blind, a person prefers mine.yaml: mine.yaml got"
    )

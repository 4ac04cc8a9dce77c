from predictions import HEALTHY, SEPIA
from sample_study import AB, IDLE, SIMPLER
from small_study import (
    BEST,
    START,
    after,
    confirming,
    ended,
    finished,
    fresh,
    judged,
    opened,
    whole_baseline,
)

from tuner.display.closing import closing
from tuner.reporting.answer import describe_effect
from tuner.results import RivalResult


def after_baseline():
    return after(fresh(), *whole_baseline())


def test_after_the_claim_it_is_told_whether_that_is_cured():
    results = [
        ended(confirming(number, weights, seed=101 + number // 2), measures=measures)
        for number, (weights, measures) in enumerate(
            3 * [(START, {**HEALTHY, **SEPIA}), (BEST, HEALTHY)]
        )
    ]
    texts = [line.text for line in closing(finished(), after(fresh(), opened(), *results))]
    claim = next(at for at, text in enumerate(texts) if text.startswith("Confirmed"))
    assert texts[claim + 1] == "Cured: sepia-cast (tint 9 -> 0.5; healthy is below 4)."


def test_warnings_and_what_one_would_have_got_stand_at_the_end():
    rival = RivalResult(name="vibrant", comparison=None)
    ended_so = finished().model_copy(update={"warnings": ("Mind the rule.",), "rivals": (rival,)})
    texts = [line.text for line in closing(ended_so, after_baseline())]
    assert texts[-3] == "Instead, preset vibrant: no score"
    assert texts[-1] == "Mind the rule."


def test_the_closing_story_is_the_guides_ladder_and_the_claim():
    here = after(fresh(), opened(), judged(2, chosen=2.0), judged(1))
    texts = [line.text for line in closing(finished(), here)]
    assert texts[0] == "Initial (sepia tones): perceptual_weight=1.0, ab_weight=2.0"
    assert texts[1].startswith("Step 1 - Reduce dominance: perceptual_weight 1.0 -> 0.5")
    assert texts[2].startswith("Step 2 - ab_weight stays 2.0")
    assert texts[4].startswith("Confirmed on 2 fresh seeds")
    assert texts[5] == "Best weights: perceptual_weight=0.5, ab_weight=2.0"


def test_the_closing_story_tells_fewest_changes_and_what_each_weight_does():
    last = finished().model_copy(update={"simplification": SIMPLER, "effects": (AB, IDLE)})
    texts = [line.text for line in closing(last, after(fresh(), opened(), judged(1), judged(2)))]
    assert texts[3].startswith("Step 3 - Fewest changes: perceptual_weight back to 1.0")
    assert texts[5].startswith("Confirmed on 2 fresh seeds")
    assert texts[6:8] == [describe_effect(AB), describe_effect(IDLE)]
    assert texts[8].startswith("Best weights")


def test_an_unconfirmed_claim_is_said_loudly():
    lines = closing(finished("no difference", best=START), after(fresh(), opened()))
    assert lines[-3].tone == "loud"
    assert lines[-2].text.startswith("More seeds may settle it: tuner run --study ")
    assert lines[-1].text == "Best weights: perceptual_weight=1.0, ab_weight=2.0"

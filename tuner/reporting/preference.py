"""The sentences on what a person prefers, and on how well the score agrees."""

from __future__ import annotations

from tuner.journal.history import StudyHistory
from tuner.results import FEWEST_PHOTOS, Preference, Proportion


def preference_sentences(history: StudyHistory) -> tuple[str, ...]:
    """What the person prefers who was asked last, and how the score agrees; empty without one."""
    if not history.preferences:
        return ()
    names = history.finished.compared if history.finished else None
    return describe_preference(history.preferences[-1], *(names or ()))


def describe_preference(
    found: Preference, start: str = "the start weights", best: str = "the best weights"
) -> tuple[str, ...]:
    """One sentence on the preference, and one on the score where it can be compared.

    For example `Asked blind, a person prefers the best weights: the best weights got 81 % of 27
    answers on 6 photos (95 % interval 62 to 93 %).`
    """
    heads = {
        "better": f"a person prefers {best}",
        "worse": f"a person prefers {start}",
        "no difference": f"a person has no clear preference between {start} and {best}",
    }
    measured = f"{best} got {_percent(found.share.value)} of {_told(found.share)}"
    few = found.verdict == "no difference" and found.share.photos < FEWEST_PHOTOS
    why = f"; it takes {FEWEST_PHOTOS} photos to tell a preference" if few else ""
    first = f"Asked blind, {heads[found.verdict]}: {measured}{why}."
    return (first, _score_agrees(found.agreement)) if found.agreement else (first,)


def _score_agrees(agreed: Proportion) -> str:
    return (
        f"The score orders the two pictures as this person does in {_percent(agreed.value)} of "
        f"{agreed.answers} preferences (95 % interval {_interval(agreed)})."
    )


def _told(share: Proportion) -> str:
    answers = f"{share.answers} answer{'s' if share.answers != 1 else ''}"
    photos = f"{share.photos} photo{'s' if share.photos != 1 else ''}"
    return f"{answers} on {photos} (95 % interval {_interval(share)})"


def _interval(share: Proportion) -> str:
    return f"{share.low * 100:.0f} to {share.high * 100:.0f} %"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"

import numpy as np
import pytest

from tuner.preference.stop import (
    is_decided,
    level_of_the_look,
    looks_until,
    planned_looks,
    preference_of,
)
from tuner.results import JudgedPair


def pairs(choices, photos=6, gain=None):
    return [
        JudgedPair(photo=number % photos, seed=number // photos, choice=choice, gain=gain)
        for number, choice in enumerate(choices)
    ]


def test_looks_are_after_twenty_to_sixty_answers():
    assert planned_looks(60) == (20, 30, 40, 50, 60)
    assert planned_looks(24) == (20, 24)
    assert planned_looks(8) == (8,)
    assert looks_until(27, 60) == (20, 27)
    assert looks_until(20, 60) == (20,)


def test_the_only_look_has_the_whole_error_and_the_first_of_several_less():
    assert level_of_the_look((30,), last=True) == pytest.approx(0.05)
    assert level_of_the_look((20,), last=False) == pytest.approx(0.05 / 3)
    assert level_of_the_look((20, 30, 40, 50, 60), last=True) < 0.05


def test_always_preferring_the_best_is_believed_at_the_first_look():
    found = preference_of(pairs(["best"] * 20), 3, (20,), last=False)
    assert is_decided(found)
    assert (found.verdict, found.order, found.looks) == ("better", 3, (20,))
    assert preference_of(pairs(["start"] * 20), 0, (20,), last=False).verdict == "worse"


def test_seeing_no_difference_is_no_preference():
    found = preference_of(pairs(["same"] * 60), 0, planned_looks(60), last=True)
    assert (found.verdict, found.share.value, found.agreement) == ("no difference", 0.5, None)


def test_the_score_agrees_where_it_orders_pictures_as_the_person_does():
    agreeing = pairs(["best"] * 12, gain=0.1)
    against = pairs(["start"] * 6, gain=0.1)
    left_out = pairs(["same"] * 6, gain=0.1)
    equal = pairs(["best"] * 6, gain=0.0)
    asked = [*agreeing, *against, *left_out, *equal]
    found = preference_of(asked, 0, (len(asked),), last=True).agreement
    assert (found.value, found.answers) == (pytest.approx((12 + 3) / 24), 24)
    assert preference_of(pairs(["best"] * 6), 0, (6,), last=True).agreement is None


@pytest.mark.parametrize("alike", [False, True], ids=["each answer by chance", "photos decide"])
def test_chance_is_rarely_taken_for_a_preference(alike):
    random, wrong, people = np.random.default_rng(5), 0, 120
    for _ in range(people):
        of_photo = random.random(6) < 0.5
        wins = [of_photo[n % 6] if alike else random.random() < 0.5 for n in range(60)]
        answers = pairs(["best" if win else "start" for win in wins])
        wrong += any(
            is_decided(preference_of(answers[:n], 0, looks_until(n, 60), last=n == 60))
            for n in planned_looks(60)
        )
    assert wrong / people <= 0.08  # 5 %, and what 120 people may be off by

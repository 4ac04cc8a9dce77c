import pytest

from tuner.errors import StudyChanged, StudyNotFound
from tuner.results import Trial
from tuner.sharing.ledger import Ledger
from tuner.sharing.offers import Offers


@pytest.fixture
def offers(database):
    ticks = iter(range(100))
    return Offers(database, clock=lambda: float(next(ticks)))


def test_a_study_is_found_as_it_was_left(offers):
    offers.leave("sepia", {"seed": 3}, {"photos": "abc"}, anyway=True)
    offer = offers.get("sepia")
    assert (offer.name, offer.spec, offer.facts) == ("sepia", {"seed": 3}, {"photos": "abc"})
    assert (offer.anyway, offer.state, offer.reason, offer.recorded) == (True, "open", "", 0)
    assert len(offer.uid) == 32


def test_left_again_it_is_open_again_and_keeps_its_identity(offers):
    offers.leave("sepia", {"seed": 3}, {}, anyway=False)
    first = offers.get("sepia")
    offers.mark(first, "stopped", "the photos are gone")
    assert offers.get("sepia").reason == "the photos are gone"
    offers.leave("sepia", {"seed": 4}, {}, anyway=False)
    second = offers.get("sepia")
    assert (second.uid, second.state, second.reason) == (first.uid, "open", "")
    assert (second.spec, second.version) == ({"seed": 4}, 2)
    offers.mark(first, "finished")
    assert offers.get("sepia").state == "open"


def test_those_first_that_were_left_first(offers):
    for name in ("sepia", "gray", "neon"):
        offers.leave(name, {}, {}, anyway=False)
    offers.mark_recorded(offers.get("gray").uid, 17)
    assert [(o.name, o.recorded) for o in offers.all()] == [("sepia", 0), ("gray", 17), ("neon", 0)]


def test_an_unknown_study_is_an_error_with_the_nearest_name(offers):
    offers.leave("sepia-fix", {}, {}, anyway=False)
    with pytest.raises(StudyNotFound) as refusal:
        offers.get("sepia-fxi")
    assert str(refusal.value) == (
        "storage: nobody has left a study 'sepia-fxi' there (did you mean 'sepia-fix'?)"
    )


def test_a_removed_study_leaves_nothing(offers, database):
    offers.leave("sepia", {}, {}, anyway=False)
    ledger = Ledger(database, offers.get("sepia").uid, "me")
    ledger.keep_file("a.png", b"x")
    offers.remove("sepia")
    assert offers.find("sepia") is None
    assert (ledger.read(), ledger.file("a.png")) == ([], None)


def test_what_is_likely_is_taken_once(offers):
    offers.leave("sepia", {}, {}, anyway=False)
    uid = offers.get("sepia").uid
    trials = [
        Trial(weights={"ab": 1.0}, seed=seed, steps=4, role="confirmation") for seed in (1, 2)
    ]
    offers.mark_followed(uid, 7, trials)
    assert offers.followed(uid) == 7
    assert [offers.take_likely(uid) for _ in range(3)] == [*trials, None]


def test_a_study_that_was_removed_is_missed(offers):
    offers.leave("sepia", {}, {}, anyway=False)
    uid = offers.get("sepia").uid
    offers.remove("sepia")
    with pytest.raises(StudyChanged, match="not in the storage any more"):
        offers.followed(uid)
    assert offers.take_likely(uid) is None

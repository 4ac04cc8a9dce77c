from types import SimpleNamespace

from tuner.checking.earlier import alike, check_earlier
from tuner.journal.history import StudyHistory
from tuner.spec.study import StudySpec


def asked(steps=40):
    return StudySpec(
        study="short", weights={"ab_weight": 2.0}, trainer={"steps": steps},
        stages=({"vary": "ab_weight", "values": [4]},),
    )  # fmt: skip


def run_of(spec):
    """An earlier run that was begun with some settings."""
    found = SimpleNamespace(spec=spec.model_dump(mode="json"))
    found.trains_like = lambda other: StudyHistory.trains_like(found, other)
    return found


def test_a_run_with_the_same_settings_is_used_and_needs_no_word():
    spec = asked()
    found = run_of(spec)
    assert alike(found, spec) is found
    assert [*check_earlier(found, spec)] == []


def test_a_run_with_other_settings_is_named_and_not_used():
    spec = asked(5000)
    found = run_of(asked())
    assert alike(found, spec) is None
    [finding] = check_earlier(found, spec)
    assert finding.color == "amber"
    assert finding.sentence == (
        "an earlier run of 'short' has other settings (trainer.steps: 40 -> 5000); nothing of it "
        "is used here"
    )
    assert "--set study=short-2" in finding.advice


def test_without_an_earlier_run_there_is_nothing_to_say():
    assert alike(None, asked()) is None
    assert [*check_earlier(None, asked())] == []

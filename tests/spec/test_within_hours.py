import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import StudyFileError
from tuner.spec.changes import describe_changes
from tuner.spec.plan import make_plan
from tuner.spec.stage import StageSpec
from tuner.spec.study_file import load_study
from tuner.spec.trial_count import most
from tuner.spec.within_hours import describe_fit, fewest_hours, fit_to_hours, reduce

STUDY = load_study("sepia-fix", {"compare": ["presets"], "cycles": 2})


def hours_of(spec):
    """A thousand steps take 0.1 h."""
    return sum(each.trials * each.steps for each in most(make_plan(spec)).rounds) / 10_000


FULL, FEWEST = hours_of(STUDY), fewest_hours(STUDY, hours_of)


def fitted(hours):
    budget = STUDY.budget.model_copy(update={"hours": hours})
    return fit_to_hours(STUDY.model_copy(update={"budget": budget}), hours_of)


def test_with_enough_hours_nothing_is_left_out():
    whole = fitted(FULL)
    assert describe_changes(whole, fitted(2 * FULL)) == ("budget.hours: 40.0 -> 80.0",)
    assert describe_fit(STUDY, whole) == f"Planned for {FULL:g} h: nothing has to be left out."


def test_a_second_look_goes_before_values_and_values_before_seeds_and_steps():
    less = fitted(27)
    assert describe_fit(STUDY, less) == (
        "Planned for 27 h: 1 of 2 cycles, 3 of 4 values a stage, 2 of 6 combined trials, 4 of 5 "
        "confirming seeds, 1 of 2 looks at the claim and no comparison with presets and other "
        "weightings."
    )
    assert less.stages[1] == STUDY.stages[1]  # it asks for three, as the start has one of four
    assert less.stages[2].times == (2.0, 10.0, 20.0)
    assert less.trainer.steps == STUDY.trainer.steps


def test_steps_are_shortened_last_and_not_below_a_quarter():
    few = fitted(FEWEST)
    assert few.trainer.steps == STUDY.trainer.steps / 4
    assert (few.repeats.decide, few.repeats.confirm) == (2, 3)
    with pytest.raises(StudyFileError, match=r"too few: even with 2 values .* and 1250 steps"):
        fitted(0.9 * FEWEST)


@given(st.floats(FEWEST, 1.2 * FULL), st.floats(FEWEST, 1.2 * FULL))
def test_what_is_planned_fits_and_more_hours_never_give_less(one, other):
    less, more = fitted(min(one, other)), fitted(max(one, other))
    assert hours_of(less) <= min(one, other)
    small, large = less.budget.fitted.model_dump(), more.budget.fitted.model_dump()
    assert all(small[name] <= large[name] for name in small)


def test_a_longer_confirmation_is_shortened_as_much_and_what_was_fitted_is_applied_again():
    longer = STUDY.model_copy(
        update={"confirm": STUDY.confirm.model_copy(update={"steps": 20_000})}
    )
    half = fitted(FULL).budget.fitted.model_copy(update={"steps": 2500})
    assert reduce(longer, half).confirm.steps == 10_000
    assert reduce(reduce(longer, half), half) == reduce(longer, half)


@pytest.mark.parametrize("times", [(0.25, 0.5, 1.0, 2.0), (1.0, 2.0)])
def test_a_factor_of_one_is_no_value_that_could_be_left_out(times):
    stage = StageSpec(vary="ab_weight", times=times)
    budget = STUDY.budget.model_copy(update={"hours": 1.0})
    study = STUDY.model_copy(update={"stages": (stage,), "budget": budget})
    assert fit_to_hours(study, lambda _: 0.0).stages == (stage,)

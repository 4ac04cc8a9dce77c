"""What may be added to a finished study, and what that adds to try."""

import pytest

from tuner.errors import StudyChanged
from tuner.spec.changes import describe_changes
from tuner.spec.going_on import (
    combined_trials,
    describe_kept_looks,
    further_stages,
    goes_on_with,
    parts_of,
    with_additions,
)
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

AB = {"vary": "ab", "values": [1, 4]}
L = {"vary": "l", "times": [0.5]}


def study(*stages, **parts):
    return StudySpec(study="s", weights={"ab": 2.0, "l": 1.0}, stages=stages or (AB, L), **parts)


def added(after, before=None):
    return [
        (stage.vary, stage.values or stage.times)
        for stage in further_stages(before or study(), after)
    ]


def test_values_cycles_and_stages_that_are_new_become_stages():
    wider = study(
        {**AB, "values": [1, 4, 8]}, {**L, "times": [0.5, 2]}, {"vary": "l", "values": [9]}
    )
    assert added(wider) == [("ab", (8.0,)), ("l", (2.0,)), ("l", (9.0,))]
    ranged = study({"vary": "ab", "min": 1, "max": 4, "step": 1.5}, L)
    assert added(ranged) == [("ab", (2.5,))]
    assert added(study(cycles=2)) == [("ab", (0.7, 1.4)), ("l", (0.7, 1.4))]


def test_the_new_part_is_numbered_and_seeded_behind_the_old_one():
    before = study()
    plan = make_plan(goes_on_with(before, study(AB, L, {"vary": "ab", "values": [8]})))
    assert [stage.number for stage in plan.all_stages] == [1, 2, 5]
    assert plan.earlier == make_plan(before)
    assert plan.confirm_seeds == (106, 107, 108, 109, 110)
    again = goes_on_with(
        goes_on_with(before, study(AB, L, {"vary": "ab", "values": [8]})),
        with_additions(study(AB, L, {"vary": "ab", "values": [8, 9]}),
                       goes_on_with(before, study(AB, L, {"vary": "ab", "values": [8]}))),
    )  # fmt: skip
    assert [part.confirm_seeds[0] for part in make_plan(again).parts] == [101, 106, 111]
    assert len(parts_of(again)) == 3


def test_the_seeds_of_a_second_look_are_left_free_and_the_new_claim_has_one_look():
    twice, more = {"looks": 2}, (AB, L, {"vary": "ab", "values": [8]})
    spec = goes_on_with(study(confirm=twice), study(*more, confirm=twice))
    assert [part.looks for part in make_plan(spec).parts] == [(5, 10), (5,)]
    assert make_plan(spec).confirm_seeds[0] == 111


@pytest.mark.parametrize(("begun", "now"), [(1, 2), (2, 1)])
def test_a_claim_keeps_the_looks_that_its_study_was_begun_with(begun, now):
    before, asked = study(confirm={"looks": begun}), study(confirm={"looks": now})
    assert with_additions(asked, before) == before
    assert describe_changes(asked, before) == ()
    assert f"begun with confirm.looks {begun}" in describe_kept_looks(asked, before)
    assert not describe_kept_looks(before, before)


def test_more_combined_trials_alone_are_those_that_were_added():
    assert combined_trials(study(combination=4), study(combination=6)) == 2
    assert combined_trials(study(), study(AB, L, AB)) == 6


def test_more_seeds_of_the_claim_alone_are_added_to_it():
    asked = study(repeats={"confirm": 8})
    spec = goes_on_with(study(), asked)
    assert (spec.confirm.extensions, spec.earlier) == ((3,), ())
    assert with_additions(asked, spec) == spec


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (study(AB), r"stages\[1\]: another one, or gone"),
        (study({**AB, "values": [4, 8]}, L), r"stages\[0\]: a value is gone"),
        (study({**AB, "values": [0, 1, 4]}, L), r"stages\[0\]: 0 is new"),
        (study(combination=2), "combination: 6 -> 2"),
        (study(repeats={"decide": 2}), "repeats.decide: 3 -> 2"),
    ],
)
def test_what_would_change_a_decision_is_refused(asked, told):
    with pytest.raises(StudyChanged, match=told):
        goes_on_with(study(), asked)


@pytest.mark.parametrize("seeds", [5, 8])
def test_wider_bounds_alone_are_refused_as_they_add_nothing_to_try(seeds):
    before = study(bounds={"ab": (0.5, 5.0)})
    asked = study(bounds={"ab": (0.5, 9.0)}, repeats={"confirm": seeds})
    with pytest.raises(StudyChanged, match="wider bounds alone add nothing to try: add values"):
        goes_on_with(before, asked)


def test_bounds_may_only_be_wider():
    before = study(bounds={"ab": (0.5, 5.0)})
    goes_on_with(before, study(bounds={"ab": (0.5, 9.0)}, combination=8))
    with pytest.raises(StudyChanged, match=r"bounds\.ab: narrower"):
        goes_on_with(before, study(bounds={"ab": (0.6, 9.0)}))

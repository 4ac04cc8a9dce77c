"""The report's table of weights."""

from sample_study import AB, BEST, IDLE, START, answered, compared, whole_study

from tuner.reporting.page.weight_rows import WeightRow, as_good_heading, weight_rows


def ends_with(history_of, outcome):
    return history_of([*list(whole_study())[:-1], outcome])


def test_each_weight_tells_what_is_as_good_what_it_carries_and_whether_it_matters(history_of):
    told = ends_with(history_of, answered())
    assert as_good_heading(told) == "as good"
    assert [(row.name, row.as_good, row.share, row.matters) for row in weight_rows(told)] == [
        ("perceptual_weight", "", "", "not varied"),
        ("l_weight", "", "", "not varied"),
        ("ab_weight", "3 to 6", "80 % (50 % to 100 %)", "yes"),
        ("saturation_weight", "0.025 to 2", "", "no"),
    ]


def test_where_nothing_was_confirmed_values_are_as_good_as_the_start(history_of):
    claim = compared(1.4, 1.39, "no difference")
    kept = answered(confirmation=claim, best_weights=START, incumbent_weights=BEST)
    assert as_good_heading(ends_with(history_of, kept)) == "as good as the start"


def test_without_another_value_nothing_is_known(history_of):
    lonely = IDLE.model_copy(update={"tried": (0.1, 0.1)})
    *_, row = weight_rows(ends_with(history_of, answered(effects=(AB, lonely))))
    assert (row.as_good, row.matters) == ("", "not known")


def test_an_older_study_has_the_weights_alone(history):
    assert as_good_heading(history) == ""
    assert weight_rows(history)[2] == WeightRow("ab_weight", "2.0", "4.0", changed=True)

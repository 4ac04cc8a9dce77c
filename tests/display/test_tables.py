import io

import pytest
from rich.console import Console
from small_study import PLAN, START, combined, confirming, ended, history, whole_study

from tuner.display.tables import plan_table, study_table


def printed(table, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return console.file.getvalue().splitlines()


def test_a_plan_lists_its_stages_with_values_and_reasons():
    assert printed(plan_table(PLAN), 100) == [
        "stage  weight             values    trials  because",
        "1      perceptual_weight  0.3, 0.5  2-5     Reduce dominance",
        "2      ab_weight          3.0, 4.0  2-3",
    ]


def test_a_narrow_plan_goes_without_the_reasons_and_says_so():
    lines = printed(plan_table(PLAN), 40)
    assert lines[1] == "1      perceptual_weight  0.3, 0.5"
    told = " ".join(" ".join(lines[3:]).split())
    assert told == "From 90 columns on: trials and reasons of each stage, too."


def test_a_study_shows_stages_and_trials():
    lines = printed(study_table(history(whole_study())), 120)
    assert lines[0].split() == ["step", "weight", "value", "verdict", "gain", "because"]
    assert lines[1].split()[:5] == ["1", "perceptual_weight", "1.0", "->", "0.5"]
    assert "0.06 (80 % interval 0.04 to 0.08)" in lines[1]
    assert lines[2].split()[:4] == ["2", "ab_weight", "stays", "2.0"]
    assert lines[4].split() == ["trial", "seed", "score", "state"]
    assert "diverged: the loss became nan" in lines[7]
    assert lines[9].split()[1:3] == ["confirm", "start"]
    assert lines[10].split()[1:3] == ["confirm", "best"]


def test_a_combination_has_a_row_for_each_weight_that_it_moved():
    lines = printed(study_table(history([*whole_study()[:16], combined()])), 120)
    assert lines[3].split()[:6] == ["3", "perceptual_weight", "1.0", "->", "0.4", "better"]
    assert lines[4].split() == ["ab_weight", "2.0", "->", "3.3"]
    kept = printed(study_table(history([*whole_study()[:16], combined(START)])), 120)
    assert kept[3].split()[:5] == ["3", "perceptual_weight", "stays", "1.0", "worse"]


def test_trainings_of_the_last_step_bear_its_name():
    tried = confirming(20, START).model_copy(update={"role": "ablation", "stage": 3})
    lines = printed(study_table(history([*whole_study()[:16], ended(tried, 0.61)])), 120)
    assert lines[-1].split() == ["20", "fewest", "changes", "101", "0.610", "complete"]


def test_at_80_columns_the_gain_is_kept():
    lines = printed(study_table(history(whole_study())), 80)
    assert lines[0].split() == ["step", "weight", "value", "verdict", "gain"]
    assert lines[1].split()[-2:] == ["better", "0.06"]


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_study_keeps_every_value(width):
    lines = printed(study_table(history(whole_study())), width)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert "02 perceptual_weight=0.3 1 diverged" in text
    assert "03 perceptual_weight=0.5 1 0.600" in text
    assert "perceptual_weight 1.0 -> 0.5 better" in text


def test_a_study_that_only_began_has_no_stages_to_show():
    lines = printed(study_table(history(whole_study()[:4])), 80)
    assert lines[0].split() == ["trial", "seed", "score"]
    assert lines[1].split() == ["00", "baseline", "1", "running"]


def test_a_stage_without_comparison_is_shown_as_such():
    event = whole_study()[-7]
    bare = event.model_copy(update={"stage": event.stage.model_copy(update={"comparison": None})})
    lines = printed(study_table(history([whole_study()[0], bare])), 100)
    assert "not compared" in lines[1]

import pytest

from tuner.spec.changes import describe_changes, trains_alike
from tuner.spec.study_file import load_study

MINE = """\
study: mine
symptom: Too pale
weights: balanced
stages:
  - {vary: ab_weight, min: 2, max: 5, step: 1}
"""


@pytest.fixture
def mine(tmp_path):
    """Loads a study with changed settings."""
    (tmp_path / "mine.yaml").write_text(MINE, "utf-8")
    return lambda changes=None: load_study(str(tmp_path / "mine.yaml"), changes)


def test_changes_are_told_key_by_key(mine):
    before = mine()
    after = mine({"trainer.steps": 500, "stages[0].max": 6, "seed": 1})
    assert describe_changes(before, after) == (
        "trainer.steps: 5000 -> 500",
        "stages[0].max: 5.0 -> 6.0",
        "seed: 0 -> 1",
    )


def test_what_comes_and_goes_is_told(mine):
    before = mine()
    stages = '[{vary: ab_weight, values: [4]}, {vary: l_weight, values: ["1"]}]'.replace('"', "")
    after = mine({"stages": stages, "bounds.l_weight": "[0.1, 1]"})
    assert describe_changes(before, after) == (
        "stages[0].min: 2.0 -> not given",
        "stages[0].max: 5.0 -> not given",
        "stages[0].step: 1.0 -> not given",
        "stages[0].values: not given -> [4.0]",
        "stages[1]: not given -> {vary: l_weight, values: [1.0], because: '', extend: true}",
        "bounds.l_weight: not given -> [0.1, 1.0]",
    )


def test_what_trains_nothing_else_is_no_change(mine):
    after = mine(
        {
            "symptom": "x",
            "stages[0].because": "y",
            "trainer.device": "cuda",
            "budget.max_trials": 99,
        },
    )
    assert describe_changes(mine(), after) == ()


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"trainer.steps": 45}, False),
        ({"data.image_size": 32}, False),
        ({"objective.cast.importance": 0.5}, False),
        ({"trainer.device": "cuda", "stages[0].max": 6, "repeats.confirm": 7}, True),
    ],
)
def test_steps_data_and_objective_decide_whether_trainings_are_alike(mine, changes, alike):
    assert trains_alike(mine(), mine(changes)) is alike

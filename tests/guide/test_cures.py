from typing import get_args

import pytest

from tuner.guide.cures import CURES, HEALTHY, WILD, Symptom
from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.study_file import list_studies, load_study

ROWS = [*(cure for cure in CURES.values() if cure.study), WILD]


def test_every_symptom_has_a_cure_and_healthy_has_none():
    assert set(CURES) == set(get_args(Symptom))
    assert HEALTHY not in CURES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.problem)
def test_the_study_of_a_cure_moves_the_weights_that_the_guide_names(row):
    moved = {stage.vary for stage in load_study(row.study).stages}
    assert {word.strip(",:") for word in row.cure.split() if "_weight" in word} <= moved


def test_every_study_treats_a_symptom_all_weights_or_what_the_guide_leaves():
    assert {heading.name for heading in list_studies()} == {row.study for row in ROWS} | {
        "all-weights",
        "beyond-the-guide",
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.problem)
def test_studies_go_the_guides_way_first_and_far_enough_to_be_seen(row):
    study = load_study(row.study)
    for stage in study.stages:
        start, ways = study.weights[stage.vary], row.cure.split(", ")
        tried = stage.values or [factor * start for factor in stage.times or ()]
        if f"raise {stage.vary}" in ways:
            assert max(tried or [stage.max]) >= 2 * start
        if f"lower {stage.vary}" in ways:
            assert min(tried) <= start / 2


def test_studies_of_the_quick_reference_start_from_the_guides_default():
    for row in ROWS:
        weights = dict(load_study(row.study).weights)
        if row.study != "sepia-fix":
            assert weights.items() >= WEIGHT_PRESETS["balanced"].items()

"""Which engine computes a stage, and why."""

from dataclasses import replace

import pytest
from small_bench import WEIGHTS, setting_of, spec_of

from tuner.training.choice import choose_engine


def test_on_a_processor_it_is_the_loop(setting):
    assert setting.bench.kit.engine == "loop"
    assert setting.facts["engine"] == "loop"


@pytest.mark.parametrize("engine", ["loop", "folded", "stacked"])
def test_what_the_study_names_is_taken(photos, tmp_path, engine):
    made = setting_of(spec_of(photos, engine=engine), tmp_path / "study")
    assert (made.bench.kit.engine, made.facts["engine"]) == (engine, engine)


@pytest.mark.parametrize("before", ["loop (not folded: x)", "folded (3 times)", "stacked"])
def test_a_study_that_goes_on_keeps_its_engine(bench, before):
    assert choose_engine(bench, WEIGHTS, {"engine": before}) == (before.split()[0], before)


def test_what_is_named_counts_more_than_what_was_before(bench, photos):
    named = replace(bench, trainer=spec_of(photos, engine="loop").trainer)
    assert choose_engine(named, WEIGHTS, {"engine": "stacked"}) == ("loop", "loop")

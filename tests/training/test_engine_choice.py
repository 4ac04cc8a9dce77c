"""Which engine computes a stage, and why."""

from dataclasses import replace

import pytest
import torch
from small_training import CPU, WEIGHTS, prepared_of, spec_of

from tuner.errors import TrainerError
from tuner.training.engine_choice import choose_engine
from tuner.training.engine_timing import fastest_engine


def test_on_a_processor_it_is_the_loop(prepared):
    assert prepared.context.recipe.engine == "loop"
    assert prepared.facts["engine"] == "loop"


@pytest.mark.parametrize("engine", ["loop", "folded", "stacked"])
def test_what_the_study_names_is_taken(photos, tmp_path, engine):
    made = prepared_of(spec_of(photos, engine=engine), tmp_path / "study")
    assert (made.context.recipe.engine, made.facts["engine"]) == (engine, engine)


def test_graphs_are_refused_where_they_cannot_be_recorded(photos, tmp_path):
    with pytest.raises(TrainerError, match=r"cannot be graphed \(their device is not CUDA\)"):
        prepared_of(spec_of(photos, engine="graphed"), tmp_path / "study")


def broken(*_asked):
    raise RuntimeError("operation not permitted when stream is capturing\nwith a long story")


def test_where_recording_fails_the_study_falls_back_or_is_refused(
    context, photos, monkeypatch, graphs_replayed_by_hand
):
    monkeypatch.setattr(graphs_replayed_by_hand, "record", broken)
    monkeypatch.setattr("tuner.training.engine_timing.NETWORKS", 2)
    for module in ("engine_choice", "engine_timing"):
        monkeypatch.setattr(f"tuner.training.{module}.obstacle", lambda *_asked: "")
    monkeypatch.setattr("tuner.training.engine_timing.GROUPINGS", ("loop", "graphed"))
    engine, told = fastest_engine(context, WEIGHTS)
    assert engine == "loop"
    assert "not graphed: RuntimeError: operation not permitted when stream is capturing)" in told
    named = replace(context, trainer=spec_of(photos, engine="graphed").trainer)
    with pytest.raises(TrainerError, match=r"cannot be graphed \(RuntimeError: operation not"):
        choose_engine(named, WEIGHTS, {})


CUDA = torch.device("cuda")
STACKED = "stacked (8 networks at once; stacked is 3.00 times as fast as the loop)"


@pytest.fixture
def chosen(context, monkeypatch):
    """What is chosen where the device is a GPU; that a trial takes place is said by its outcome."""
    tried = ("folded", "folded (tried)")
    monkeypatch.setattr("tuner.training.engine_choice.fastest_engine", lambda *_asked: tried)

    return lambda earlier, device=CUDA: choose_engine(
        replace(context, device=device), WEIGHTS, earlier
    )


def test_on_a_gpu_all_are_tried(chosen):
    assert chosen({}) == ("folded", "folded (tried)")


@pytest.mark.parametrize("before", ["loop (not folded: x)", "folded (3 times)", STACKED])
def test_a_study_that_goes_on_keeps_its_engine(chosen, before):
    assert chosen({"device": "cuda:1", "engine": before}) == (before.split()[0], before)


def test_one_that_was_begun_before_there_were_engines_stays_in_the_loop(chosen):
    assert chosen({"device": "cuda"}) == ("loop", "loop")


def test_what_another_device_was_best_at_is_not_taken_over(chosen):
    assert chosen({"device": "cpu", "engine": "loop"}) == ("folded", "folded (tried)")
    assert chosen({"device": "cuda", "engine": STACKED}, CPU) == ("loop", "loop")


def test_what_is_named_counts_more_than_what_was_before(context, photos):
    named = replace(context, trainer=spec_of(photos, engine="loop").trainer, device=CUDA)
    facts = {"device": "cuda", "engine": STACKED}
    assert choose_engine(named, WEIGHTS, facts) == ("loop", "loop")

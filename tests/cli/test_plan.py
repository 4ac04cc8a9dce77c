import pytest
from short_study import asked

from tuner.cli.plan import show_plan


def test_a_plan_without_measuring_loads_no_photos(tmp_path, capsys):
    show_plan(asked(), tmp_path, price=2.0, measure=False)
    shown = capsys.readouterr().out
    assert "4 to 21 trials of 5000 steps" in shown
    assert "Measured" not in shown
    assert list(tmp_path.iterdir()) == []


def test_the_plan_of_a_finished_study_shows_what_a_continuation_adds(at_terminal, tmp_path, capsys):
    at_terminal(asked())
    stages = (*asked().stages, {"vary": "perceptual_weight", "values": [0.5]})
    show_plan(asked(stages=stages), tmp_path, price=0.0, measure=False)
    shown = capsys.readouterr().out
    assert "'short' goes on where it ended, with 1 more stage (perceptual_weight)" in shown
    assert "1 stage, one weight each (perceptual_weight)" in shown
    show_plan(
        asked(repeats={"baseline": 2, "decide": 2, "confirm": 5}),
        tmp_path, price=0.0, measure=False,
    )  # fmt: skip
    assert "'short' goes on with 3 more seeds for its claim." in capsys.readouterr().out


def test_a_study_under_way_is_planned_with_the_looks_that_it_was_begun_with(
    at_terminal, tmp_path, capsys
):
    def stops(_trials):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_terminal(asked(), evaluate=stops)
    show_plan(asked(confirm={"looks": 2}), tmp_path, price=0.0, measure=False)
    shown = capsys.readouterr().out
    assert "'short' was begun with confirm.looks 1 and keeps it" in shown
    assert "more where that leaves it open" not in shown


def test_a_plan_shows_the_noise_of_an_earlier_run_of_the_same_steps_alone(
    at_terminal, tmp_path, capsys
):
    at_terminal(asked())
    show_plan(asked(), tmp_path, price=0.0, measure=False)
    measures = "First: 2 trials of the start weights, which measure the noise."
    assert measures not in capsys.readouterr().out
    other = asked(trainer={"steps": asked().trainer.steps + 1})
    show_plan(other, tmp_path, price=0.0, measure=False)
    assert measures in capsys.readouterr().out


def test_a_plan_without_measuring_says_that_photos_are_missing(tmp_path, capsys):
    gone = str(tmp_path / "gone")
    show_plan(asked(data={"photos": gone}), tmp_path, price=0.0, measure=False)
    shown = capsys.readouterr().out
    assert f"NOTICE: data.photos: there is no folder '{gone}'" in shown
    assert "4 to 21 trials" in shown


def test_a_plan_for_a_metric_of_one_s_own_needs_no_photos(tmp_path, capsys):
    own = asked(
        data={"photos": str(tmp_path / "gone")}, objective={"metric": "error"},
        trainer={"kind": "command", "run": ["true"]},
    )  # fmt: skip
    show_plan(own, tmp_path, price=0.0, measure=False)
    assert "NOTICE" not in capsys.readouterr().out

from short_study import asked

from tuner.cli.plan import show_plan


def test_a_plan_without_measuring_loads_no_photos(tmp_path, capsys):
    show_plan(asked(), tmp_path, price=2.0, measure=False)
    shown = capsys.readouterr().out
    assert "4 to 21 trials of 5000 steps" in shown
    assert "Measured" not in shown
    assert list(tmp_path.iterdir()) == []

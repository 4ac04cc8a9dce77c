import ast
import math
import runpy

import pytest
from sample_study import START, compared, finished, record, whole_study

from tuner.errors import TunerError
from tuner.guide.weightings import UNSEARCHED
from tuner.journal.history_builder import read_history
from tuner.reporting.drop_in import MODULES, drop_in, winners
from tuner.reporting.story import describe_rival
from tuner.results import RivalResult


def history_that_ends_with(tmp_path, outcome):
    return read_history(record(tmp_path, [*list(whole_study())[:-1], outcome]))


def result_of(name, verdict="better"):
    ahead = compared(1.2, 1.1, verdict, margin=0.05)
    return RivalResult(name=name, comparison=compared(1.41, 1.1, "better"), against_best=ahead)


@pytest.fixture
def history(tmp_path):
    rivals = tuple(result_of(name) for name in (*UNSEARCHED, "vibrant"))
    return history_that_ends_with(tmp_path, finished(rivals=rivals))


def test_every_weighting_without_a_search_has_its_code():
    assert [*MODULES] == [*UNSEARCHED]


@pytest.mark.parametrize("name", UNSEARCHED)
def test_the_code_begins_with_its_result_and_needs_torch_alone(history, name):
    code = drop_in(history, name)
    assert code.startswith(f"# {history.study}: Instead, ")
    tree = ast.parse(code)
    *module, example = tree.body
    assert isinstance(example, ast.If)
    imported = {
        one.module if isinstance(one, ast.ImportFrom) else one.names[0].name
        for one in module
        if isinstance(one, ast.Import | ast.ImportFrom)
    }
    assert not [name for name in imported if name.startswith("tuner")]


@pytest.mark.parametrize("name", UNSEARCHED)
def test_the_written_file_runs(history, name, tmp_path, capsys, one_core):
    file = tmp_path / "weighting.py"
    file.write_text(drop_in(history, name))
    runpy.run_path(str(file), run_name="__main__")
    steps = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in steps] == ["step 0", "step 1", "step 2"]
    assert all(math.isfinite(float(line.split()[-1])) for line in steps)


def test_the_balancer_has_the_start_weights_of_the_study_as_shares(history):
    share = f"'ab_chrominance': {START['ab_weight']}"
    assert share in drop_in(history, "balancer")


def test_what_was_not_compared_is_refused(tmp_path):
    history = history_that_ends_with(tmp_path, finished(rivals=(result_of("rlw"),)))
    with pytest.raises(TunerError) as refused:
        drop_in(history, "balancer")
    assert str(refused.value) == (
        "export: study 'sepia-fix' has no result of 'balancer' (it was compared with 'rlw'; "
        "a study with 'compare: [balancer]' has)"
    )


def test_a_winner_is_told_with_the_command_that_writes_its_code(tmp_path):
    rivals = (result_of("balancer"), result_of("rlw", "no difference"), result_of("vibrant"))
    history = history_that_ends_with(tmp_path, finished(rivals=rivals))
    assert list(winners(history, "my study", ["--directory", "runs"])) == [
        (
            "balancer is better than these weights, gain 0.10 (80 % interval 0.05 to 0.15); "
            "its code: tuner export --study 'my study' --directory runs --weighting balancer"
        ),
        "preset vibrant is better than these weights, gain 0.10 (80 % interval 0.05 to 0.15)",
    ]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("better", "; better than the best weights, gain 0.10 (80 % interval 0.05 to 0.15)"),
        ("worse", "; worse than the best weights"),
        ("no difference", "; no difference to the best weights"),
    ],
)
def test_a_rival_is_told_beside_the_best_weights(verdict, told):
    assert describe_rival(result_of("balancer", verdict)).endswith(told)

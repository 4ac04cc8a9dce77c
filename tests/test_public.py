import json
import pkgutil
import subprocess
import sys

import pytest

import tuner

HEAVY = (
    "torch", "mlflow", "optuna", "pandas", "numpy", "lpips", "kornia", "PIL", "rich.live",
    "plotly", "jinja2",
)  # fmt: skip


def loaded_by(code):
    """Which heavy packages a fresh interpreter has loaded after some code."""
    told = f"\nimport json, sys\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    ended = subprocess.run(
        [sys.executable, "-c", code + told], capture_output=True, text=True, check=True
    )
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", tuner.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(tuner, name).__name__ == name
    assert getattr(tuner, name).__doc__


def test_no_module_hides_a_public_name():
    modules = {module.name for module in pkgutil.iter_modules(tuner.__path__)}
    assert modules.isdisjoint(tuner.__all__)


def test_the_public_names_are_those_that_are_promised():
    assert set(tuner.__all__) == {
        "ColorizationLossEnhanced",
        "OneWeightAtATimeSampler",
        "load_study",
        "report",
        "run_study",
        "weights",
    }


def test_any_other_name_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="module 'tuner' has no attribute 'run_studdy'"):
        _ = tuner.run_studdy


def test_the_two_lines_for_a_script_load_nothing_heavy():
    assert loaded_by("import tuner\ntuner.weights({})\ntuner.report(1, {'loss': 2.0})") == []


def test_the_command_line_loads_nothing_heavy():
    assert loaded_by("import tuner.cli") == []


def test_a_refused_study_file_loads_nothing_heavy(tmp_path):
    (tmp_path / "bad.yaml").write_text("study: bad\nwieghts: balanced\n")
    words = ["tuner", "run", "--study", str(tmp_path / "bad.yaml")]
    code = f"import sys\nsys.argv = {words}\nfrom tuner.cli import main\ntry: main()\n"
    assert loaded_by(code + "except SystemExit as ended: assert ended.code == 1") == []


def test_reading_a_study_and_making_its_plan_loads_nothing_heavy():
    code = "from tuner import load_study\nfrom tuner.spec.plan import make_plan\n"
    assert loaded_by(code + "make_plan(load_study('sepia-fix'))") == []


def test_only_the_report_loads_what_draws_it():
    modules = (
        "tuner.cli.run, tuner.display.console, tuner.display.pages, tuner.runner.run, "
        "tuner.reporting.tables, tuner.reporting.export, tuner.tracking.server"
    )
    assert {"plotly", "jinja2", "torch", "mlflow"}.isdisjoint(loaded_by(f"import {modules}"))


def test_the_sampler_works_without_torch_and_mlflow():
    loaded = loaded_by("from tuner import OneWeightAtATimeSampler")
    assert {"torch", "mlflow", "lpips"}.isdisjoint(loaded)


def test_a_look_at_a_study_loads_neither_torch_nor_mlflow_nor_optuna():
    code = "import tuner.display.pages, tuner.journal.history, tuner.reporting.export"
    assert {"torch", "mlflow", "optuna", "pandas"}.isdisjoint(loaded_by(code))


def test_a_study_with_a_number_of_its_own_needs_no_torch():
    assert {"torch", "mlflow", "lpips"}.isdisjoint(loaded_by("import tuner.external.trainer"))

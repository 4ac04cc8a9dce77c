"""Every command that the tool prints is read as it would be typed, and does what is said of it."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from external_studies import ROOT
from short_study import asked, folder_in
from typer.main import get_command
from typer.testing import CliRunner

from tuner.cli.check import inspect_study
from tuner.cli.commands import app
from tuner.cli.diagnose import _next_command
from tuner.cli.init import init
from tuner.cli.more_seeds import with_more_seeds
from tuner.cli.options import folder_of, load, words
from tuner.cli.plan import _shorter
from tuner.journal.workspace import Workspace, found_by
from tuner.reporting.next_study import longer_command, treating_command
from tuner.spec.changes import describe_changes
from tuner.spec.study_file import load_study
from tuner.training.pace import Pace


def typed(line):
    """A command and its options, parsed by the application itself."""
    _, name, *rest = shlex.split(line)
    command = get_command(app).commands[name]
    return name, command.make_context(name, rest).params


def commands_in(text):
    return re.findall(r"tuner [a-z]+ --[^;:()\n]*?(?= copies|$|[;)]| \()", text, re.MULTILINE)


def spec_of(options):
    return load(*(options[each] for each in ("study", "photos", "steps", "quick", "sets", "hours")))


@pytest.mark.parametrize("preset", [None, "quick"])
@pytest.mark.parametrize("weights", [{"ab_weight": 2.0}, {"ab_weight": 0.05, "l_weight": 20.0}])
def test_what_a_diagnosis_recommends_starts_from_the_weights_that_were_diagnosed(
    preset, weights, tmp_path
):
    spec = load_study("sepia-fix", preset=preset)
    diagnosed = {**load_study("sepia-fix").weights, **weights}
    history = SimpleNamespace(spec=spec.model_dump(mode="json"))
    line = _next_command(history, "sepia-fix", diagnosed, Workspace(tmp_path))
    _, options = typed(line)
    assert spec_of(options).weights == diagnosed
    assert options["directory"] == tmp_path


def test_commands_at_the_end_of_a_run_find_the_study_from_any_folder(at_terminal, tmp_path):
    shown = at_terminal(asked())
    lines = commands_in(shown)
    assert [line.split()[1] for line in lines] == ["export", "sync"]
    for line in lines:
        name, options = typed(line)
        assert name in {"export", "sync"}
        assert folder_of(options["study"], options["directory"]) == folder_in(tmp_path)


def test_more_seeds_are_asked_for_as_the_claim_says(at_terminal, tmp_path):
    def loud(trials):
        return [trial.seed % 2 - 0.1 * (trial.weights["ab_weight"] > 2) * (trial.seed % 3)
                for trial in trials]  # fmt: skip

    shown = at_terminal(asked(), evaluate=loud)
    [line] = [line for line in commands_in(shown) if "--confirm" in line]
    _, options = typed(line)
    again = with_more_seeds(folder_in(tmp_path), None, options["confirm"])
    assert again.confirm.extensions == (options["confirm"],)


def test_a_plan_names_a_gpu_hours_that_are_enough_and_the_quick_preset():
    slow = Pace(step_seconds=53.0, evaluation_seconds=60.0, threads=2, device="cpu")
    spec = load_study("sepia-fix")
    again = words("sepia-fix", None, None, False, [])
    gpu, hours, quick = (spec_of(typed(line)[1]) for line in _shorter(spec, slow, again))
    assert gpu.trainer.device == "cuda"
    assert hours.budget.hours > 8
    assert (quick.preset, quick.trainer.steps) == ("quick", 45)


def test_a_check_repeats_its_own_options_in_the_next_command(capsys, tmp_path):
    said = words("sepia-fix", "no photos", 300, True, ["cycles=2"], tmp_path)
    inspect_study(
        lambda: load("sepia-fix", "no photos", 300, True, ["cycles=2"]),
        said, tmp_path, price=0.0, as_json=False,
    )  # fmt: skip
    capsys.readouterr()
    _, options = typed(shlex.join(["tuner", "run", *said]))
    assert spec_of(options) == load("sepia-fix", "no photos", 300, True, ["cycles=2"])
    assert options["directory"] == tmp_path


def test_a_new_study_is_found_by_the_command_that_checks_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    init("mine", symptom="washed-out")
    [line] = commands_in(capsys.readouterr().out)[-1:]
    _, options = typed(line)
    assert load_study(options["study"]).study == "mine"


def test_the_help_cuts_no_sentence_at_80_columns():
    context = get_command(app).make_context("tuner", [], resilient_parsing=True)
    context.terminal_width = 80
    assert "..." not in get_command(app).get_help(context).partition("Commands:")[2]


def test_in_the_working_directory_no_directory_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Workspace(tmp_path).command("show", "x") == "tuner show --study x"


def test_a_directory_that_the_environment_names_need_not_be_typed(tmp_path, monkeypatch):
    monkeypatch.setenv("TUNER_DIRECTORY", str(tmp_path))
    assert Workspace(tmp_path).options == []
    assert Workspace(Path()).options == ["--directory", "."]


def test_a_storage_is_named_unless_the_environment_names_it(monkeypatch):
    assert found_by(storage="sqlite:///a") == ["--storage", "sqlite:///a"]
    monkeypatch.setenv("TUNER_STORAGE", "sqlite:///a")
    assert found_by(storage="sqlite:///a") == []


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, at_terminal):
    """A finished study whose files lie in another folder than the working directory."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def loud(trials):
        return [trial.seed % 2 - 0.1 * (trial.weights["ab_weight"] > 2) * (trial.seed % 3)
                for trial in trials]  # fmt: skip

    return at_terminal(asked(), evaluate=loud)


COMMANDS = [
    ("status", "--study", "short"),
    ("show", "--study", "short"),
    ("run", "--study", "short", "--confirm", "1"),
    ("init", "mine"),
    ("init", "other", "--symptom", "gray"),
    ("sync", "--study", "absent"),
    ("ui", "--study", "short"),
]


def test_every_command_that_is_printed_leads_to_the_folder_that_was_named(
    elsewhere, tmp_path, monkeypatch
):
    said = [elsewhere]
    monkeypatch.setattr("tuner.cli.run.run_and_show", lambda *_how, **_more: None)
    for name, *more in COMMANDS:
        words = [name, *more, "--directory", str(tmp_path)]
        ended = CliRunner().invoke(app, words)
        said.append(ended.output + str(ended.exception or ""))
    lines = [line.rstrip(".'") for text in said for line in commands_in(text)]
    named = [shlex.split(line)[1] for line in lines]
    assert {"export", "sync", "run", "check"} <= {*named}
    for line in lines:
        _, options = typed(line)
        assert options["directory"] == tmp_path, line


PRINTED_ELSEWHERE = {  # files, and logs of workers, are read in another place than written
    "tuner/reporting/page/recommendation.py", "tuner/external/proposal/study_text.py",
    "tuner/cli/follow_up.py", "tuner/tracking/client.py", "tuner/spec/scaffold.py",
    "tuner/distributed/worker.py",
}  # fmt: skip


def test_no_command_on_a_study_is_put_together_by_hand():
    by_hand = re.compile(r"""f["'].*tuner [a-z]+ --study \{""")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tuner").rglob("*.py")
        if by_hand.search(path.read_text(encoding="utf-8"))
    }
    assert found - PRINTED_ELSEWHERE == {"tuner/cli/diagnose.py"}  # of photos, without a folder


@pytest.mark.parametrize("preset", [None, "quick"])
def test_a_longer_training_asks_for_the_same_study_with_more_steps(preset):
    spec = load_study("sepia-fix", preset=preset)
    line = longer_command(spec.model_dump(mode="json"), 10_000, ["--directory", "runs"])
    _, options = typed(line)
    assert describe_changes(spec, spec_of(options)) == (
        "study: sepia-fix -> sepia-fix-10000",
        f"trainer.steps: {spec.trainer.steps} -> 10000",
    )


@pytest.mark.parametrize("preset", [None, "quick"])
def test_the_study_for_what_is_left_begins_with_the_best_weights(preset):
    spec = load_study("sepia-fix", preset=preset)
    best = {**spec.weights, "ab_weight": 7.5}
    _, options = typed(treating_command(spec.model_dump(mode="json"), "washed-out", best))
    assert spec_of(options).weights == best
    assert spec_of(options).study == "sepia-fix-washed-out"


def test_a_study_that_is_recommended_has_a_name_that_none_has(tmp_path):
    for name in ("sepia-fix-20", "sepia-fix-20-2", "sepia-fix-washed-out"):
        Workspace(tmp_path).folder(name).mkdir(parents=True)
    recorded, found = load_study("sepia-fix").model_dump(mode="json"), Workspace(tmp_path).options
    assert "study=sepia-fix-20-3 " in longer_command(recorded, 20, found)
    command = treating_command(recorded, "washed-out", load_study("sepia-fix").weights, found)
    assert "study=sepia-fix-washed-out-2 " in command

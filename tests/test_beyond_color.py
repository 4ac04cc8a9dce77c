"""Super-resolution, a VAE and a PINN, tuned by the commands of docs/bring-your-own.md."""

import re
import shutil
from types import SimpleNamespace

import pytest
import yaml
from external_studies import PYTHON_FIRST, ROOT, history_of
from typer.testing import CliRunner

from tuner.cli.commands import app
from tuner.tracking.leaderboard import leaderboard_view
from tuner.tracking.pages import study_note, study_tags, trial_note, trial_tags

COLOR_WORLD = r"photo|sepia|chroma|colou?r|ab_weight|l_weight|saturation|perceptual|golden|lab unit"
OURS = r"(?i)colorization-tuner"
PROJECTS = {
    "superres": ("val_psnr", "higher", {"sharpness": {"may_fall": 0.15}}),
    "vae": ("val_recon", "lower", {"kl": {"may_rise": 4}}),
    "pinn": ("l2_error", "lower", {}),
}
BRIEFLY = {
    "trainer.steps": 200, "repeats.baseline": 2, "repeats.decide": 2, "repeats.confirm": 3,
    "combination": 0, "budget.max_trials": 13,
}  # fmt: skip


def on_one_worker(name):
    return pytest.param(name, marks=pytest.mark.xdist_group(f"beyond {name}"))


@pytest.fixture(scope="module", params=map(on_one_worker, PROJECTS))
def project(request, tmp_path_factory):
    """A project, and what each command said of it."""
    name, home = request.param, tmp_path_factory.mktemp("beyond") / request.param
    shutil.copytree(ROOT / "docs" / "strangers" / name, home)
    before = (home / "train.py").read_bytes()
    metric, better, guarded = PROJECTS[name]
    shorter = BRIEFLY | ({"guardrails.metrics": guarded} if guarded else {})
    words = [word for key, value in shorter.items() for word in ("--set", f"{key}={value}")]
    said = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("PATH", PYTHON_FIRST["PATH"])
        for command in (
            ["init", "mine", "--from-script", "train.py"],
            ["run", "--study", "mine", "--no-record", "--yes", *words],
            ["show", "--study", "mine"],
            ["status", "--study", "mine"],
            ["export", "--study", "mine", "--into", "train.py"],
        ):
            ended = CliRunner().invoke(app, command)
            assert ended.exit_code == 0, ended.output
            said[command[0]] = ended.output
    return SimpleNamespace(
        name=name, home=home, said=said, before=before, metric=metric, better=better,
        guarded=guarded, history=history_of(home, "mine"),
    )  # fmt: skip


def test_the_number_of_held_out_data_is_tuned_in_its_own_direction(project):
    study = yaml.safe_load((project.home / "studies" / "mine.yaml").read_text())
    others = [*project.guarded]
    text = (project.home / "studies" / "mine.yaml").read_text()
    assert all(f"# guardrails: {{metrics: {{{name}: " in text for name in others)
    direction = "maximize" if project.better == "higher" else "minimize"
    assert study["objective"] == {"metric": project.metric, "direction": direction}
    assert f"The score is '{project.metric}', {project.better} is better." in project.said["run"]


def test_level_and_noise_are_told_in_each_number_s_own_unit(project):
    one_line = " ".join(project.said["run"].split())
    assert re.search(rf"Start weights: {project.metric} \d", one_line)
    assert re.search(rf"Noise of one training: [\d.]+ {project.metric}\. Smallest", one_line)
    for name in project.guarded:
        assert re.search(rf"Guardrail: {name} may \w+ by [\d.]+; the start weights have", one_line)
        assert re.search(rf"Noise of one training: [\d.]+ {name}\.", one_line)
        assert re.search(rf"baseline seed 1: {project.metric} [\d.]+, {name} [\d.]+", one_line)


def test_no_word_of_the_color_world_appears(project):
    folder, history = project.home / "tuner-runs" / "mine", project.history
    report = (folder / "report.html").read_text()
    page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", report)
    in_mlflow = [
        study_note(history, "", alive=False),
        study_tags(history),
        leaderboard_view(history),
        *(trial_note(history, number) for number in history.trials),
        *(trial_tags(history, number) for number in history.trials),
    ]
    told = {
        **project.said,
        "study file": (project.home / "studies" / "mine.yaml").read_text(),
        "best.yaml": (folder / "best.yaml").read_text(),
        "report": page,
        "MLflow": str(in_mlflow),
    }
    words = rf"(?i).{{0,40}}(?:{COLOR_WORLD}).{{0,40}}"
    found = {name: re.findall(words, re.sub(OURS, "", text)) for name, text in told.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_report_answers_whether_the_guardrails_hold(project):
    report = (project.home / "tuner-runs" / "mine" / "report.html").read_text()
    claim = project.history.finished.confirmation
    checked = bool(claim and claim.guardrails)
    assert ("Do guardrails hold?" in report) == checked


def test_no_line_of_the_script_changes_but_its_weights(project):
    before, after = (
        text.decode().splitlines()
        for text in (project.before, (project.home / "train.py").read_bytes())
    )
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert all('add_argument("--w_' in line for line in changed)
    assert project.history.finished is not None

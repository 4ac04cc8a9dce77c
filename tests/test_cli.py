import io
import json
import re
import runpy
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pandas
import pytest
import yaml
from PIL import Image
from tiny_study import STUDY, TINY, command, started, surroundings, told, tuner, wait_until

from tuner import ColorizationLossEnhanced, load_study
from tuner.cli import main
from tuner.cli.commands import app
from tuner.color.loss_weights import LOSS_WEIGHTS
from tuner.journal.history_builder import read_history

COMMANDS = (
    "run", "compare", "plan", "status", "show", "export", "report", "studies", "sync", "ui",
    "diagnose", "init", "check", "submit", "worker", "stop", "resume", "storage",
    "judge",
)  # fmt: skip


@pytest.fixture
def here(tiny_home, monkeypatch, capsys):
    """Runs a command in this process: exit code, output and complaints."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tuner", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code or 0, said.out, said.err

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tiny_home)
    for name in ("MLFLOW_TRACKING_URI", "TUNER_DIRECTORY", "TUNER_PHOTOS", "TUNER_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def there(here, finished_home):
    """The same in the working directory of the finished study."""
    return lambda *words: here(*words, "--directory", finished_home)


@pytest.fixture(scope="session")
def history(finished_home):
    return read_history(finished_home / "tuner-runs" / "tiny")


# The commands, as they are meant.


def test_a_run_tells_its_story_to_a_pipe_line_by_line(finished_home, history):
    lines = (finished_home / "output.txt").read_text().splitlines()
    assert lines[0] == "tiny.yaml: loading the study, PyTorch and Optuna"
    assert "--quick is a preset for a laptop" in lines[1]
    assert len(
        [line for line in lines if re.search(r"seed \d+(, \w+ weights)?: score ", line)]
    ) == len(history.results)
    assert any(line.startswith("Step 1 - Emphasize chrominance: ab_weight ") for line in lines)
    assert any(line.startswith("Step 2 - Fine-tune luminance: l_weight ") for line in lines)
    assert lines[-1] == "Every trial: tuner ui --study tiny (or: mlflow ui)"


def test_status_says_where_the_study_stands(there, history):
    code, said, _ = there("status", "--study", "tiny")
    assert code == 0
    assert said.startswith(f"tiny: {len(history.results)} of at most ")
    code, said, _ = there("status", "--study", "tiny", "--json")
    assert json.loads(said)["state"] == "finished"
    assert json.loads(said)["best_weights"] == dict(history.finished.best_weights)


def test_show_prints_stages_and_trials(there, history):
    code, said, _ = there("show", "--study", "tiny")
    assert code == 0
    assert all(trial.title[:10] in said for trial in history.trials.values())
    code, said, _ = there("show", "--study", "tiny", "--json")
    assert len(json.loads(said)["trials"]) == len(history.results)
    assert [stage["varied"] for stage in json.loads(said)["stages"]] == ["ab_weight", "l_weight"]


def test_show_as_csv_is_read_by_pandas(there, history):
    code, said, _ = there("show", "--study", "tiny", "--csv")
    table = pandas.read_csv(io.StringIO(said))
    assert code == 0
    assert list(table["trial"]) == sorted(history.results)
    assert list(table["score"]) == [result.score for _, result in sorted(history.results.items())]
    assert {"lpips", "ciede2000", "psnr"} <= set(table.columns)


@pytest.mark.parametrize("name", ["tiny", "tiny.yaml", "./tiny.yaml"])
def test_a_study_is_found_by_its_name_and_by_its_file(there, name):
    assert there("status", "--study", name)[0] == 0


def test_a_study_is_called_as_its_file_says_not_as_the_file_is_called(here, finished_home):
    Path("other.yaml").write_text(STUDY)
    code, said, _ = here("status", "--study", "other.yaml", "--directory", finished_home)
    assert (code, said[:5]) == (0, "tiny:")


def test_exported_yaml_is_ready_for_the_loss(there, tiny_home, history):
    code, said, complaints = there("export", "--study", "tiny")
    assert (code, complaints) == (0, "# wrote best.yaml\n")
    assert (tiny_home / "best.yaml").read_text() == said
    exported = yaml.safe_load(said)
    assert exported["weights"] == dict(history.finished.best_weights)
    loss = ColorizationLossEnhanced(**exported["weights"], device="cpu", perceptual=lambda p, t: 0)
    assert loss.ab_weight == exported["weights"]["ab_weight"]


def test_on_a_terminal_an_export_shows_the_answer_and_the_file_holds_all(
    there, tiny_home, monkeypatch
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, said, complaints = there("export", "--study", "tiny")
    assert (code, complaints) == (0, "# wrote best.yaml, with stages and settings\n")
    whole = (tiny_home / "best.yaml").read_text()
    assert whole.startswith(said)
    assert {"weights", "improvement"} <= yaml.safe_load(said).keys()
    assert "stages" not in yaml.safe_load(said)


def test_exported_python_is_a_call_of_the_loss(there, tiny_home):
    code, said, complaints = there("export", "--study", "tiny", "--format", "python")
    assert (code, complaints) == (0, "")
    assert not (tiny_home / "best.yaml").exists()
    called = {}
    exec(  # what a user would paste into their script
        compile(said, "best.py", "exec"),
        {"ColorizationLossEnhanced": lambda **words: called.update(words), "DEVICE": "cpu"},
    )
    assert {"perceptual_weight", "ab_weight", "perceptual_net", "device"} <= set(called)


def test_an_export_goes_where_it_is_told_to(there, tiny_home):
    assert there("export", "--study", "tiny", "-o", "deep/weights.yaml")[0] == 0
    assert yaml.safe_load((tiny_home / "deep" / "weights.yaml").read_text())["study"] == "tiny"
    code, said, complaints = there("export", "--study", "tiny", "-o", "-")
    assert (code, complaints) == (0, "")
    assert yaml.safe_load(said)["study"] == "tiny"
    assert not (tiny_home / "-").exists()


def test_an_export_goes_into_a_file_of_ones_own(there, tiny_home, history):
    best = dict(history.finished.best_weights)
    file = tiny_home / "options.yaml"
    file.write_text("".join(f"{name}: 77  # mine\n" for name in best))
    code, said, complaints = there("export", "--study", "tiny", "--into", "options.yaml")
    assert (code, said[:17]) == (0, "--- options.yaml\n")
    assert complaints == f"# wrote options.yaml, kept as it was in {file}.bak\n"
    assert yaml.safe_load(file.read_text()) == best
    assert file.read_text().count("# mine\n") == len(best)
    assert there("export", "--study", "tiny", "--into", "options.yaml") == (
        0, "", "# options.yaml has them already\n"
    )  # fmt: skip


@pytest.mark.parametrize(("form", "file"), [("json", "best.json"), ("argv", ""), ("basicsr", "")])
def test_other_programs_get_the_weights_in_their_own_form(there, tiny_home, form, file):
    code, said, complaints = there("export", "--study", "tiny", "--format", form)
    assert (code, complaints) == (0, f"# wrote {file}\n" if file else "")
    assert "ab_weight" in said or "ab_opt" in said
    assert not file or (tiny_home / file).read_text() == said


def test_a_report_is_written_where_the_run_left_one(there, finished_home):
    page = finished_home / "tuner-runs" / "tiny" / "report.html"
    from_run = page.read_text()
    assert there("report", "--study", "tiny") == (0, f"Written to {page}\n", "")
    assert page.read_text() == from_run
    assert f"to look at or to mail: {page}" in (finished_home / "output.txt").read_text()


def test_a_report_goes_where_it_is_told_to(there, tiny_home):
    assert there("report", "--study", "tiny", "-o", "mine.html")[0] == 0
    assert (tiny_home / "mine.html").read_text().startswith("<!doctype html>")


def test_a_plan_is_shown_without_training(here, tiny_home):
    code, said, _ = here("plan", *TINY, "--no-measure")
    assert code == 0
    assert "tiny: 2 stages, one weight each (ab_weight, l_weight)" in said
    assert not (tiny_home / "tuner-runs").exists()


def test_a_measured_plan_knows_hours_and_price(here, tiny_home):
    code, said, _ = here("plan", *TINY, "--measure", "--price", "2.5")
    assert code == 0
    assert " on this CPU (measured: " in said
    assert re.search(r"At 2\.5 an hour: \d+\.\d\d to \d+\.\d\d", said)
    assert not (tiny_home / "tuner.db").exists()


def test_studies_and_presets_are_listed(here):
    code, said, _ = here("studies")
    assert code == 0
    assert "sepia-fix" in said
    code, said, _ = here("studies", "--json")
    listed = json.loads(said)
    assert {"study", "symptom", "path", "shipped"} == set(listed["studies"][0])
    assert set(listed["presets"]["balanced"]) <= set(LOSS_WEIGHTS)


def test_a_check_says_what_is_known_and_what_comes_next(here):
    code, said, complaints = here("check", *TINY)
    assert (code, complaints) == (0, "")
    assert said.startswith("GREEN  study: tiny: 2 stages, ")
    assert "RED" not in said
    assert "obeys 'perceptual_weight', 'l_weight', 'ab_weight' and 'saturation_weight'" in said
    next_one = said.splitlines()[-1]
    assert next_one.startswith("Next: tuner run --study tiny.yaml --steps 4 --quick --set data.im")
    assert not Path("tuner-runs/tiny").exists()


def test_what_is_red_ends_with_1(here, photos):
    folder = photos(3, (255, 90, 30))
    code, said, complaints = here("check", *TINY, "--photos", folder, "--json")
    found = json.loads(said)
    assert (code, complaints, found["color"]) == (1, "", "red")
    assert found["findings"][-1]["subject"] == "photos"
    assert "3 usable photos, at least 4 are needed" in found["findings"][-1]["sentence"]


def test_all_mistakes_of_a_study_file_are_red_findings(here):
    Path("bad.yaml").write_text(STUDY.replace("because", "becuase").replace("8.0", "'8,0'"))
    code, said, complaints = here("check", "--study", "bad.yaml")
    assert (code, complaints) == (1, "")
    assert said.count("RED    study: bad.yaml:") == 3
    assert "did you mean 'because'?" in said
    assert said.splitlines()[-1].startswith("3 red, 0 amber: correct what is red")


def test_a_new_study_file_is_written_and_found_by_its_name(here):
    words = ["init", "mine", "--symptom", "washed-out", "--weights", "ab_weight=2.5"]
    code, said, complaints = here(*words)
    assert (code, complaints) == (0, "")
    assert said.splitlines()[0] == "Written to studies/mine.yaml"
    assert said.splitlines()[-1] == "Next: tuner check --study mine"
    assert here("plan", "--study", "mine", "--no-measure")[0] == 0
    assert here(*words)[0] == 1
    assert here(*words, "--force")[0] == 0


def test_a_trial_is_diagnosed_with_a_picture_and_a_command(there, finished_home):
    code, said, _ = there("diagnose", "--study", "tiny", "--trial", "0")
    picture = finished_home / "tuner-runs" / "tiny" / "pictures" / "trial-000" / "diagnosis.png"
    lines = said.splitlines()
    assert code == 0
    assert lines[0].endswith("held-out squares of trial 00 baseline seed 1 of tiny: gray")
    assert "95 % interval" in lines[1]
    assert lines[-2].startswith("Run: tuner run --study gray-output --photos sample --quick --set")
    assert lines[-1] == f"The photos that show it most: {picture}"
    with Image.open(picture) as drawn:
        assert drawn.height > 500


def test_a_diagnosis_as_json_is_for_scripts(there, tiny_home):
    words = ["diagnose", "--study", "tiny", "--json", "--picture", "worst.png"]
    code, said, _ = there(*words)
    found = json.loads(said)
    assert code == 0
    assert (found["symptom"], found["also"], found["study"]) == ("gray", [], "gray-output")
    assert found["measures"]["chroma_ratio"] < 0.25
    assert (tiny_home / "worst.png").exists()


@pytest.fixture
def colored(photos, tiny_home):
    """Predictions without color of photos with color."""
    folder = photos(8, (255, 90, 30), (30, 90, 255))
    (tiny_home / "colored").mkdir()
    for path in folder.iterdir():
        Image.open(path).convert("L").save(tiny_home / "colored" / path.name)
    return ["--predictions", tiny_home / "colored", "--targets", folder]


def test_two_folders_are_diagnosed_wherever_they_are_from(here, tiny_home, colored):
    code, said, complaints = here("diagnose", *colored)
    assert (code, complaints) == (0, "")
    assert "8 predictions in" in said
    assert "Run: tuner run --study gray-output --photos DIR\n" in said
    assert "A guess: first in" in said
    assert "but 8 photos are few, 32 or more are reliable" in said
    assert (tiny_home / "diagnosis.png").exists()


def test_a_network_is_diagnosed_by_what_it_makes_of_photos(here, finished_home):
    network = finished_home / "tuner-runs" / "tiny" / "starts" / "seed-1.safetensors"
    code, said, complaints = here("diagnose", "--checkpoint", network, "--photos", "sample")
    assert (code, complaints) == (0, "")
    assert said.startswith(f"8 photos of sample colored by {network}: gray\n")
    assert "Run: tuner run --study gray-output --photos sample\n" in said


def test_sync_of_what_mlflow_has_sends_nothing(there):
    assert there("sync", "--study", "tiny")[:2] == (
        0,
        "MLflow had everything already; nothing was sent.\n",
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(here, name):
    code, said, complaints = here(name, "--help")
    assert (code, complaints) == (0, "")
    assert f"Usage: tuner {name}" in said
    assert said.splitlines()[2].strip().endswith(".")


def test_the_help_names_every_command(here):
    assert {registered.callback.__name__ for registered in app.registered_commands} == {*COMMANDS}
    code, said, _ = here("--help")
    assert code == 0
    assert all(f"  {name} " in said for name in COMMANDS)


def test_python_m_tuner_is_the_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tuner", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tuner", run_name="__main__")
    assert ended.value.code == 0


# Wrong input.


@pytest.mark.parametrize(
    ("words", "told_to_user"),
    [
        (["run", "--study", "sepia-fx"], "no study 'sepia-fx' (did you mean 'sepia-fix'?)"),
        (["show", "--study", "sepia-fx"], "no study 'sepia-fx' (did you mean 'sepia-fix'?)"),
        (["show", "--study", "sepia-fix"], "nothing is recorded here; 'tuner run --study sepia-"),
        (["run", "--study", "there/is/none.yaml"], "no study file 'there/is/none.yaml'"),
        (["run", "--study", "tiny.yaml", "--set", "trainer.stps=3"], "did you mean 'steps'?"),
        (["run", "--study", "tiny.yaml", "--set", "trainer.steps=many"], "trainer.steps"),
        (["run", "--study", "tiny.yaml", "--set", "nonsense"], "nonsense"),
        (["run", "--study", "tiny.yaml", "--steps", "0"], "trainer.steps"),
        (["plan", "--study", "tiny.yaml", "--photos", "nowhere"], "there is no folder 'nowhere'"),
        (["export", "--study", "tiny.yaml"], "nothing is recorded here"),
        (["export", "--study", "tiny.yaml", "--into", "x.py"], "nothing is recorded here"),
        (["report", "--study", "tiny.yaml"], "nothing is recorded here"),
        (["ui", "--study", "tiny.yaml", "--no-browser"], "nothing is recorded here"),
        (["sync", "--study", "tiny.yaml"], "there is no such study"),
        (["check", "--study", "sepia-fx"], "no study 'sepia-fx' (did you mean 'sepia-fix'?)"),
        (["init", "mine", "--symptom", "sepa"], "did you mean 'sepia-cast'?"),
        (["init", "mine", "--weights", "ab=1"], "did you mean 'ab_weight'?"),
        (["diagnose", "--photos", "x"], "--photos and --model-args belong to --checkpoint"),
        (["diagnose", "--checkpoint", "x"], "or --checkpoint FILE and --photos DIR"),
        (["diagnose", "--checkpoint", "x", "--photos", "y"], "there is no file 'x'"),
        (["diagnose", "--checkpoint", "x", "--photos", "y", "--study", "z"], "give --predictions"),
        (["diagnose"], "give --predictions DIR and --targets DIR, or --study NAME"),
        (["diagnose", "--predictions", "x"], "give --predictions DIR and --targets DIR, or --st"),
        (["diagnose", "--study", "tiny", "--targets", "x"], "or --study NAME"),
        (["diagnose", "--predictions", "x", "--targets", "y", "--trial", "1"], "--trial belongs"),
        (["diagnose", "--predictions", "nowhere", "--targets", "y"], "no folder 'nowhere'"),
        (["diagnose", "--study", "tiny.yaml"], "nothing is recorded here"),
        (["judge", "--study", "tiny.yaml"], "this is no terminal, so that no browser is opened"),
        (["judge", "--study", "tiny.yaml", "--no-browser"], "nothing is recorded here"),
        (["judge", "--study", "x", "--into", "y", "--answers", "z"], "give --into or --answers"),
        (["judge", "--study", "x", "--seed", "1", "--answers", "z"], "names the order itself"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(here, words, told_to_user):
    code, said, complaints = here(*words)
    assert (code, complaints.count("\n")) == (1, 1)
    assert complaints.startswith("tuner: ")
    assert told_to_user in complaints
    assert "Measured" not in said


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--study", "tiny.yaml", "--stesp", "3"],
        ["run", "--study", "tiny.yaml", "--steps", "three"],
        ["rnu", "--study", "tiny.yaml"],
        ["export", "--study", "tiny", "--format", "xml"],
        ["ui", "--port", "0"],
        ["init"],
        [],
    ],
)
def test_wrong_usage_ends_with_1_like_everything_that_can_be_fixed(here, words):
    code, _, complaints = here(*words)
    assert code == 1
    assert "Usage: tuner" in complaints


def picture(path, color, size=64):
    x = Image.linear_gradient("L").resize((size, size))
    Image.merge("RGB", [x.point(lambda v, c=c: v * c // 255) for c in color]).save(path)


@pytest.fixture
def photos(tiny_home):
    """Makes a folder with so many photos of some color."""

    def make(count, *colors):
        (tiny_home / "photos").mkdir()
        for number in range(count):
            picture(
                tiny_home / "photos" / f"{number}.png", colors[number % len(colors)], 64 + number
            )
        return tiny_home / "photos"

    return make


def test_photos_that_cannot_be_used_are_refused_before_they_leave_a_trace(here, photos):
    folder = photos(8, (200, 200, 200))
    code, _, complaints = here("run", *TINY, "--no-record", "--photos", folder)
    assert (code, complaints.count("\n")) == (1, 1)
    assert "has color (8 gray; gray means a mean chroma below 2)" in complaints
    assert told(Path(), "trial started") == 0
    assert here("run", *TINY, "--no-record", "--photos", folder)[0] == 1


def test_a_training_that_always_diverges_is_refused_with_the_reason(here):
    scratch = ["--set", "trainer.start_from=scratch", "--set", "trainer.learning_rate=1e30"]
    words = ["run", *TINY, "--no-record", *scratch]
    code, _, complaints = here(*words)
    assert (code, complaints.count("\n")) == (1, 1)
    assert complaints.startswith("tuner: the start weights diverged on every seed")
    assert "lower trainer.learning_rate" in complaints
    assert told(Path(), "trial finished") == 2
    assert here(*words)[0] == 1
    assert told(Path(), "trial started") == 2


def test_a_planted_bug_ends_with_3_and_a_log(here, monkeypatch):
    def broken(folder, **_options):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("tuner.journal.history_builder.read_history", broken)
    Path("tuner-runs/tiny").mkdir(parents=True)
    code, _, complaints = here("status", "--study", "tiny")
    assert code == 3
    log = Path(complaints.split()[-1])
    assert "in broken\n    raise ZeroDivisionError" in log.read_text()
    log.unlink()


def test_settings_come_from_the_environment_where_no_option_says_otherwise(
    here, finished_home, monkeypatch
):
    monkeypatch.setenv("TUNER_DIRECTORY", str(finished_home))
    assert here("status", "--study", "tiny")[0] == 0
    assert here("status", "--study", "tiny.yaml", "--directory", ".")[0] == 1
    monkeypatch.setenv("TUNER_PHOTOS", "nowhere")
    assert "'nowhere'" in here("run", *TINY, "--directory", ".")[2]


def test_set_wins_over_the_short_forms(here):
    code, said, _ = here("plan", *TINY, "--set", "trainer.steps=7", "--no-measure")
    assert code == 0
    assert "trials of 7 steps" in said
    assert load_study("tiny.yaml", {"trainer.steps": 7}).trainer.steps == 7


# As a process.


def test_a_process_that_was_asked_wrongly_ends_with_1(tmp_path):
    ended = tuner(tmp_path, "run", "--stduy", "x")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["show", "--csv"], ["show"], ["--help"]])
def test_a_pipe_into_head_gets_its_line_and_no_traceback(finished_home, words):
    study = [] if words == ["--help"] else ["--study", "tiny"]
    quoted = subprocess.list2cmdline(command(*words, *study))
    ended = subprocess.run(
        f"{quoted} | head -n 1", shell=True, cwd=finished_home, env=surroundings(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""


def processes_of(port):
    """Command lines of the processes that name a port."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_text().replace("\0", " "))
        except OSError:
            continue
    return [line for line in lines if str(port) in line and "mlflow" in line]


def test_ui_serves_the_leaderboard_until_control_c_and_leaves_nothing(finished_home):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["ui", "--study", "tiny", "--no-browser", "--port", port]
    with started(finished_home, *words, PYTHONUNBUFFERED="1") as process:
        link = process.stdout.readline().strip()
        assert link.startswith(f"http://127.0.0.1:{port}/leaderboard?experiment=")
        with urllib.request.urlopen(link, timeout=30) as page:
            assert "<title>Leaderboard</title>" in page.read().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    wait_until(lambda: not processes_of(port), "the server to be gone", 20)


def test_ui_of_a_server_elsewhere_is_only_a_link(here, monkeypatch, finished_home):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example")
    words = ["ui", "--study", "tiny", "--no-browser", "--directory", finished_home]
    code, said, _ = here(*words)
    assert code == 0
    assert said.startswith("http://mlflow.example/#/experiments/")
    assert said.count("\n") == 1

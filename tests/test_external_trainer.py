"""Studies of a user's own script in which something goes wrong, and what is left of it then."""

import json
import os
import platform
import re
import signal
import venv
from contextlib import chdir

import numpy as np
import pytest
from external_studies import GOOD, PYTHON_FIRST, history_of, living, run_here, write_study
from PIL import Image
from tiny_study import started, tuner, wait_until

from tuner.checking.checklist import check_study
from tuner.cli.plan import show_plan
from tuner.journal.workspace import Workspace
from tuner.reporting.claim import describe_claim
from tuner.spec.study_file import load_study

BAD_AT_8 = """\
import os, signal, subprocess, sys, time
import tuner
a, seed = float(sys.argv[1]), int(sys.argv[2])
tuner.report(1, {{"error": 99.0}})
print("begun", flush=True)
if a == 8:
    {bad}
tuner.report(10, {{"error": (a - 4) ** 2 + seed / 100}})
"""


@pytest.fixture(autouse=True)
def this_python(monkeypatch):
    for name, value in PYTHON_FIRST.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "mein ö rdner"
    place.mkdir()
    yield place
    assert living(place) == []


def results_by_weight(home):
    found = {}
    for result in history_of(home, "own").results.values():
        found.setdefault(result.trial.weights["a"], []).append(result)
    return found


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("raise RuntimeError('CUDA out of memory')", r"ended with exit code 1 .*: CUDA out of mem"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"was ended by SIGSEGV after .* line: begun"),
        ("signal.pause()", r"reached its time limit and was ended after .* line: begun"),
        ("tuner.report(10, {{'error': float('nan')}}); sys.exit()",
         r"its 'error' ended as nan \(NaN or infinite since step 10\)"),
        ("os.remove(os.environ['TUNER_OUT'] + '/tuner-reports.jsonl'); sys.exit()",
         r"there is no number 'error': it reported"),
    ],
)  # fmt: skip
def test_a_trial_that_fails_has_a_reason_and_the_study_goes_on(home, bad, told):
    write_study(home, BAD_AT_8.format(bad=bad.format()), trainer={"time_limit": "8s"})
    run_here(home)
    found = results_by_weight(home)
    [failed] = found.pop(8.0)
    assert (failed.status, failed.score) == ("diverged", None)
    assert re.search(told, failed.reason), failed.reason
    assert {result.status for same in found.values() for result in same} == {"complete"}
    assert history_of(home, "own").finished.best_weights == {"a": 4.0}


def test_a_script_that_never_works_stops_the_study_and_leaves_no_trace(home):
    write_study(home, "print('step 1')\nimport no_such_module\n", repeats={"baseline": 4})
    refused = run_here(home, fails=True)
    assert "the first 3 trials failed, so nothing more is spent: 'python train.py' ended" in (
        refused
    )
    assert "\n  | step 1\n" in refused
    assert "ModuleNotFoundError: No module named 'no_such_module'" in refused
    assert history_of(home, "own").results == {}
    (home / "train.py").write_text(GOOD)
    run_here(home)
    found = results_by_weight(home)
    assert {result.status for same in found.values() for result in same} == {"complete"}


def test_one_failure_among_the_first_trials_is_a_result(home):
    write_study(home, "import sys\nif sys.argv[2] == '1': sys.exit('bad seed')\n" + GOOD,
                repeats={"baseline": 3})  # fmt: skip
    run_here(home)
    reasons = [result.reason for result in results_by_weight(home)[1.0] if result.reason]
    assert len(reasons) == 1
    assert "bad seed" in reasons[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_study_that_is_ended_goes_on_and_leaves_no_process(home, number):
    waits = "import os, signal, sys\nfrom pathlib import Path\n"
    waits += "if sys.argv[3] == 'own-001' and not Path('second').exists():\n"
    waits += "    Path('first').touch()\n    signal.pause()\n"
    write_study(home, waits + GOOD)
    with started(home, "run", "--study", "own.yaml", "--no-record", **PYTHON_FIRST) as process:
        wait_until((home / "first").exists, "the second trial")
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 130)
    if number != signal.SIGKILL:
        assert living(home) == []
    (home / "second").touch()
    run_here(home)
    history = history_of(home, "own")
    assert sorted(history.results) == list(range(len(history.results)))
    assert history.finished.best_weights == {"a": 4.0}


def test_a_script_without_room_is_no_failed_trial_and_goes_on_once_there_is_room(home):
    full = "import sys\nfrom pathlib import Path\n"
    full += "if sys.argv[3] == 'own-003' and not Path('room').exists():\n"
    full += "    raise OSError(28, 'No space left on device', 'net.pt')\n"
    write_study(home, full + GOOD)
    refused = run_here(home, fails=True)
    assert "a trial ended because there was no room (it printed: OSError: [Errno 28]" in refused
    assert "make room, then give the same command again" in refused
    assert 3 not in history_of(home, "own").results
    (home / "room").touch()
    run_here(home)
    history = history_of(home, "own")
    assert {one.status for one in history.results.values()} == {"complete"}
    assert history.finished.best_weights == {"a": 4.0}


def test_a_script_that_ignores_its_seed_stops_after_the_baseline(home):
    write_study(home, GOOD.replace(" + seed / 100", ""))
    refused = run_here(home, fails=True)
    assert refused.startswith("seeds 1 and 2 left identical numbers: your script ignores the seed")
    history = history_of(home, "own")
    assert (len(history.results), history.noise, history.finished) == (2, None, None)


IMPORTS = "import part\n" + GOOD


def interrupted(home, script=IMPORTS, **parts):
    """A study that was begun and not finished."""
    (home / "part.py").write_text("X = 1  # a remark\n")
    write_study(home, script, **parts)
    run_here(home, budget__max_trials=8)


@pytest.mark.parametrize(
    ("name", "told"),
    [("train.py", "(train.py was changed)"), ("part.py", "(part.py was changed)")],
)
def test_a_script_that_was_edited_half_way_is_refused(home, name, told):
    interrupted(home)
    before = history_of(home, "own").results
    text = (home / name).read_text()
    (home / name).write_text(f"{text}Y = 2\n")
    refused = run_here(home, fails=True)
    assert refused == (
        f"your script changed since 'own' began {told}, so its trials could not be compared; put "
        "it back, or start afresh with --restart"
    )
    (home / name).write_text(f"{text}# a remark\n")
    run_here(home)
    after = history_of(home, "own").results
    assert len(after) > len(before)
    assert {number: after[number] for number in before} == before


def test_a_module_that_is_newly_imported_is_named(home):
    interrupted(home)
    (home / "more.py").touch()
    (home / "part.py").write_text("import more\nX = 1\n")
    assert "(part.py was changed, more.py is new)" in run_here(home, fails=True)


def test_values_that_the_study_writes_do_not_count(home):
    asked = {"file": "options.yml", "keys": {"a": "{weights.a}"}}
    (home / "options.yml").write_text("a: 1.0\nb: 1.0\n")
    words = ["python", "train.py", "{weights.a}", "{seed}", "{set.0}"]
    interrupted(home, trainer={"run": words, "set": [asked]})
    (home / "options.yml").write_text("a: 4.0\nb: 2.0\n")
    assert "(options.yml was changed)" in run_here(home, fails=True)
    (home / "options.yml").write_text("a: 4.0\nb: 1.0\n")
    run_here(home)


def test_an_edit_while_the_study_runs_ends_it(home):
    edits = "open('part.py', 'a').write('Y = 2\\n') if sys.argv[3] == 'own-002' else None\n"
    (home / "part.py").touch()
    write_study(home, IMPORTS + edits)
    assert "your script changed since 'own' began (part.py was" in run_here(home, fails=True)
    assert len(history_of(home, "own").results) == 3


def test_another_interpreter_is_refused(home):
    interrupted(home)
    version = platform.python_version()
    facts = history_of(home, "own").facts
    assert facts["interpreter"].startswith(f"CPython {version}")
    other = home / "bin" / "python"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho CPython 2.0\n")
    other.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
        refused = run_here(home, fails=True)
    assert refused.startswith("the interpreter changed since 'own' began (CPython ")
    assert "-> CPython 2.0)" in refused


def test_a_script_in_an_environment_of_its_own_finds_our_calls(home, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    venv.create(home / ".venv", symlinks=True)
    named = "import sys, tuner\nassert '.venv' in sys.prefix, sys.prefix\n"
    own = "a = tuner.weights({'a': 0.0, 'b': 1.0})['a']\nseed = int(sys.argv[2])\n"
    words = ["python", "-m", "tuner.seeded", "train.py", "{weights.a}", "{seed}"]
    write_study(home, named + own + GOOD.splitlines()[-1], trainer={
        "run": words, "python": ".venv/bin/python"})  # fmt: skip
    run_here(home)
    assert history_of(home, "own").finished.best_weights == {"a": 4.0}
    assert (home / "tuner-runs" / "own" / "python" / "tuner" / "seeded.py").exists()


def test_the_studys_own_path_is_added_to_what_makes_neighbors_importable(home):
    (home / "lib").mkdir()
    (home / "lib" / "far.py").touch()
    (home / "src").mkdir()
    (home / "src" / "near.py").touch()
    write_study(home, "", trainer={
        "run": ["python", "{set.0}", "{weights.a}", "{seed}"], "env": {"PYTHONPATH": "lib"},
        "set": [{"file": "src/train.py", "constants": {"A": "{weights.a}"}}],
    })  # fmt: skip
    (home / "src" / "train.py").write_text("A = 1\nimport far, near\n" + GOOD)
    run_here(home)
    assert history_of(home, "own").finished.best_weights == {"a": 4.0}


def test_trials_side_by_side_are_the_same_trials(home, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    for place, parallel in ((home, 3), (alone, 1)):
        write_study(place, GOOD, trainer={"parallel": parallel})
        run_here(place)
    scores = [
        {number: result.score for number, result in history_of(place, "own").results.items()}
        for place in (home, alone)
    ]
    assert scores[0] == scores[1]


def test_each_of_several_gpus_gets_its_trials(home, monkeypatch):
    script = GOOD + "import os; open('seen', 'a').write(os.environ['CUDA_VISIBLE_DEVICES'] + ' ')\n"
    write_study(home, script, trainer={"parallel": 2})
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    run_here(home)
    assert set((home / "seen").read_text().split()) == {"4", "7"}


PAINT = """\
import sys
from pathlib import Path
import numpy as np
from PIL import Image
weight, seed, gray, holdout, out = sys.argv[1:]
Path(out).mkdir()
for path in Path(holdout).iterdir():
    photo = np.asarray(Image.open(path)) / 255
    shade = np.asarray(Image.open(Path(gray) / path.name))[..., None] / 255
    colored = shade + (photo - shade) * float(weight) / 4 + int(seed) % 100 / 2000
    Image.fromarray((colored.clip(0, 1) * 255).astype(np.uint8)).save(Path(out) / path.name)
"""


@pytest.fixture
def painted(home):
    """A study whose script colors the user's own validation photos."""
    random = np.random.default_rng(0)
    (home / "val").mkdir()
    for number in range(5):
        rough = Image.fromarray(random.integers(0, 256, (6, 9, 3), np.uint8))
        rough.resize((96, 64), Image.Resampling.BICUBIC).save(home / "val" / f"foto {number}.png")
    write_study(home, PAINT, data={"holdout": "val", "image_size": 32})
    study = json.loads((home / "own.yaml").read_text())
    del study["objective"]
    study["trainer"] |= {
        "run": ["python", "train.py", "{weights.a}", "{seed}", "{gray}", "{holdout}", "{out}/p"],
        "predictions": "{out}/p/*.png",
    }
    (home / "own.yaml").write_text(json.dumps(study))
    return home


def test_predictions_are_scored_shown_and_kept_like_our_own(painted):
    run_here(painted, objective__lpips__trunk="random")
    folder = painted / "tuner-runs" / "own"
    history = history_of(painted, "own")
    assert history.finished.best_weights == {"a": 4.0}
    best = min(history.results.values(), key=lambda result: result.score)
    assert best.score < 0.2
    assert {"lpips", "cast", "ab_slope", "ciede2000"} <= set(best.measures)
    number = best.trial.number
    assert (folder / f"pictures/trial-{number:03d}/step-000010.png").exists()
    assert (folder / f"readings/trial-{number:03d}.npz").exists()
    assert (folder / "pictures" / "before-after.png").exists()
    assert history.finished.confirmation.other_photos.photos == 5
    assert history.facts["trainer"] == "command"
    assert history.facts["photo summary"] == "5 held-out photos of 32 px (a folder of its own)"
    diagnosis = tuner(painted, "diagnose", "--study", "own")
    assert diagnosis.returncode == 0, diagnosis.stderr
    pale = tuner(painted, "diagnose", "--study", "own", "--trial", "0").stdout
    assert "The guide: " in pale
    assert "Run: " not in pale
    exported = tuner(painted, "export", "--study", "own", "--format", "python")
    assert exported.stdout.splitlines()[1:] == ["weights = {", "    'a': 4.0,   # Was 1.0", "}"]


def test_predictions_without_any_color_are_named_before_more_is_spent(painted):
    blank = "    colored = shade + 0 * photo\n    Image.from"
    (painted / "train.py").write_text(PAINT.replace("    Image.from", blank))
    refused = run_here(painted, objective__lpips__trunk="random", fails=True)
    assert refused.startswith(
        "the first 2 trials failed, so nothing more is spent: the predictions are gray: not one "
        "pixel has a color; no weight of a loss mends that"
    )
    with chdir(painted):
        spec = load_study("own.yaml", {"objective.lpips.trunk": "random"})
        seen = [*check_study(spec, Workspace(painted), lambda _note: None, run=True)]
    [red] = [one for one in seen if one.color == "red"]
    assert red.sentence.startswith("your script fails: the predictions are gray: not one pixel")


def test_a_fault_of_a_later_trial_is_a_warning_and_so_is_a_score_worse_than_gray(painted):
    flipped = "    if float(weight) == 8: colored = colored[:, ::-1]\n    Image.from"
    (painted / "train.py").write_text(PAINT.replace("    Image.from", flipped))
    run_here(painted, objective__lpips__trunk="random")
    [mirrored] = results_by_weight(painted)[8.0]
    assert mirrored.score > 2
    assert mirrored.warnings[0].startswith("worse than the gray photo, which scores 2.00: nothing")
    assert "the predictions are mirrored, left and right are exchanged" in mirrored.warnings[1]


def test_a_vault_is_predicted_by_trials_of_the_claim_alone_and_decides_it(painted):
    random = np.random.default_rng(1)
    for number in range(60):
        rough = Image.fromarray(random.integers(0, 256, (6, 9, 3), np.uint8))
        rough.resize((96, 64), Image.Resampling.BICUBIC).save(painted / "val" / f"n{number}.png")
    run_here(painted, objective__lpips__trunk="random", data__vault=0.5)
    history = history_of(painted, "own")
    beyond = history.finished.confirmation.other_photos
    assert beyond.vault
    assert beyond.photos >= 20
    for result in history.results.values():
        confirming = result.trial.role == "confirmation"
        assert len(result.vault_scores) == (beyond.photos if confirming else 0)
    assert f"and the {beyond.photos} photos of the vault" in describe_claim(
        history.finished, {"a": 1.0}
    )


def test_metrics_that_find_nothing_are_a_warning(painted):
    study = json.loads((painted / "own.yaml").read_text())
    study["trainer"]["metrics"] = {"jsonl": "{out}/no-such.jsonl"}
    (painted / "own.yaml").write_text(json.dumps(study))
    run_here(painted, objective__lpips__trunk="random")
    warnings = {one for r in history_of(painted, "own").results.values() for one in r.warnings}
    assert warnings >= {"trainer.metrics found no numbers: there is no file '{out}/no-such.jsonl'"}


def test_a_number_that_is_missing_says_where_it_was_looked_for(home):
    write_study(home, "print('hello')", trainer={"metrics": {"tensorboard": "{out}/tb"}})
    refused = run_here(home, fails=True)
    assert (
        "there is no number 'error': it reported nothing; trainer.metrics found no numbers: no "
        "event files in '{out}/tb'"
    ) in refused


def test_the_last_scalar_of_event_files_may_be_the_score(home):
    script = (
        "import os, sys\n"
        "from tensorboard.compat.proto.event_pb2 import Event\n"
        "from tensorboard.compat.proto.summary_pb2 import Summary\n"
        "from tensorboard.summary.writer.event_file_writer import EventFileWriter\n"
        "a, seed = float(sys.argv[1]), int(sys.argv[2])\n"
        "log = EventFileWriter(os.environ['TUNER_OUT'] + '/tb')\n"
        "for epoch in (1, 2):\n"
        "    error = (a - 4) ** 2 / epoch + seed / 100\n"
        "    value = Summary.Value(tag='val/error', simple_value=error)\n"
        "    log.add_event(Event(step=epoch, summary=Summary(value=[value])))\n"
        "log.close()\n"
    )
    write_study(
        home, script, objective={"metric": "val/error"},
        trainer={"metrics": {"tensorboard": "{out}/tb", "counts": "epochs"}, "steps_per_epoch": 5},
    )  # fmt: skip
    run_here(home)
    assert history_of(home, "own").finished.best_weights == {"a": 4.0}
    journal = (home / "tuner-runs" / "own" / "journal.jsonl").read_text()
    assert '"step": 5, "values": {"own/val/error"' in journal
    assert '"step": 10, "values": {"own/val/error"' in journal


def test_other_photos_or_another_trainer_are_refused_when_it_goes_on(painted):
    random = {"objective__lpips__trunk": "random"}
    run_here(painted, **random, budget__max_trials=8)
    (painted / "val" / "foto 2.png").unlink()
    refused = run_here(painted, **random, fails=True)
    assert "the photos changed since 'own' began" in refused
    refused = run_here(painted, **random, trainer__cwd="val", fails=True)
    assert "trainer.cwd: . -> val" in refused


@pytest.mark.parametrize(
    ("trainer", "told"),
    [
        ({"run": ["no-such-python", "train.py"]}, "trainer.run: there is no program 'no-such-p"),
        ({"run": ["python", "trian.py"]}, "no script 'trian.py' in "),
        ({"run": ["python", "-m", "tuner.seeded", "trian.py"]}, "(did you mean 'train.py'?)"),
        ({"run": ["./no-such"]}, "trainer.run: there is no program './no-such' (in "),
        ({"cwd": "nowhere"}, "trainer.cwd: there is no folder '"),
        ({"run": ["a", "{set.0}"], "set": [{"file": "train.py", "constants": {"B": 1}}]},
         "gives no value to 'B' at its top level (allowed: 'A')"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_before_anything_is_trained(home, trainer, told):
    write_study(home, "A = 1\n" + GOOD, trainer=trainer)
    refused = run_here(home, fails=True)
    assert told in refused
    assert not (home / "tuner-runs" / "own" / "journal.jsonl").exists()


def test_the_plan_tells_the_time_once_it_is_known(home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    write_study(home, GOOD)
    show_plan(load_study("own.yaml"), home, price=0.0, measure=True)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "How long your own trainings take is known once the baseline is trained."
    )
    run_here(home)
    capsys.readouterr()
    show_plan(load_study("own.yaml"), home, price=3.0, measure=True)
    after = capsys.readouterr().out
    assert re.search(r"for the whole study \(measured on \d+ trials: [\d.]+ s a trial\)\.", after)
    assert "At 3 an hour: " in after


FUNCTION = """\
import os, sys
def good(weights, steps, seed, out_dir):
    assert (steps, os.environ["TUNER_STEPS"]) == (10, "10")
    return {"error": (weights["a"] - 4) ** 2 + seed / 100}
def crash(weights, steps, seed, out_dir):
    if weights["a"] == 8: os._exit(7)
    return good(weights, steps, seed, out_dir)
def wrong(weights, steps, seed, out_dir): return None
def leaves(weights, steps, seed, out_dir): sys.exit()
def paint(weights, steps, seed, out_dir): return out_dir
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wrong", "mine:wrong returned None, expected a folder of predictions or numbers by name"),
        ("leaves", "the function ended its process without returning"),
        ("goof", "'mine' has no function 'goof' (did you mean 'good'?)"),
        ("paint", "there is no number 'error': it reported nothing"),
    ],
)
def test_a_function_that_is_none_is_told(home, name, told):
    write_study(home, FUNCTION, trainer={"kind": "function", "entry": f"mine:{name}", "run": None})
    (home / "mine.py").write_text(FUNCTION)
    refused = run_here(home, fails=True)
    assert told in refused


def test_a_function_that_ends_the_process_ends_its_trial_only(home):
    write_study(home, "", trainer={"kind": "function", "entry": "mine:crash", "run": None})
    (home / "mine.py").write_text(FUNCTION)
    run_here(home)
    assert "ended with exit code 7" in results_by_weight(home)[8.0][0].reason


def test_a_function_may_leave_pictures_instead(painted):
    study = json.loads((painted / "own.yaml").read_text())
    study["trainer"] = {"kind": "function", "entry": "mine:train", "steps": 10}
    (painted / "own.yaml").write_text(json.dumps(study))
    (painted / "mine.py").write_text(
        "import os, subprocess, sys\n"
        "def train(weights, steps, seed, out_dir):\n"
        "    folders = [os.environ['TUNER_GRAY'], os.environ['TUNER_HOLDOUT'], out_dir / 'p']\n"
        "    words = [weights['a'], seed, *folders]\n"
        "    subprocess.run([sys.executable, 'train.py', *map(str, words)], check=True)\n"
        "    return out_dir / 'p'\n"
    )
    run_here(painted, objective__lpips__trunk="random")
    assert history_of(painted, "own").finished.best_weights == {"a": 4.0}


def test_a_copied_script_runs_where_it_was_with_what_lies_beside_it(home):
    script = (
        "import os\n"
        "import tuner\n"
        "from beside import error\n"
        "A = 1.0  # set by the study\n"
        "assert os.path.exists('beside.py')\n"
        "tuner.report(10, {'error': error(A) + int(os.environ['SEED']) / 100})\n"
    )
    (home / "pro jekt").mkdir()
    (home / "pro jekt" / "train.py").write_text(script)
    (home / "pro jekt" / "beside.py").write_text("def error(a): return (a - 4) ** 2\n")
    trainer = {
        "run": ["python", "{set.0}"],
        "set": [{"file": "train.py", "constants": {"A": "{weights.a}"}}],
        "cwd": "pro jekt",
        "env": {"SEED": "{seed}"},
    }
    write_study(home, "", trainer=trainer)
    run_here(home)
    assert history_of(home, "own").finished.best_weights == {"a": 4.0}
    copy = home / "tuner-runs" / "own" / "trials" / "trial-000" / "set-0" / "train.py"
    assert copy.read_text() == script

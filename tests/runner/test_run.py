import errno
import os
import re
import shutil
from math import inf, log, nan

import optuna
import pandas
import pytest
from database_damage import execute, replaced_by_text, write_back

from tuner.errors import StorageError, StudyChanged, TrainerError
from tuner.journal import journal_file
from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import read_entries
from tuner.results.events import StudyOpened, TrialFinished
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study

START = {"λ of l1": 10.0, "gan": 1.0}
STAGES = (
    {"vary": "λ of l1", "times": [2, 4], "because": "sharper"},
    {"vary": "gan", "values": [0.3, 3], "extend": False},
)


def asked(**parts):
    wanted = {
        "study": "curve",
        "weights": START,
        "stages": STAGES,
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
    }
    return StudySpec(**(wanted | parts))


class Scores:
    """Best at `λ of l1` = 30 and `gan` = 0.3, with a seed's share and a trace of noise."""

    def __init__(self, fails=lambda trial, number: False):
        self.fails = fails
        self.trials = []

    def __call__(self, trials):
        scores = []
        for trial in trials:
            if self.fails(trial, len(self.trials)):
                raise OSError("the cluster is on fire")
            scores.append(score_of(trial))
            self.trials.append(trial)
        return scores


def score_of(trial):
    far = log(trial.weights["λ of l1"] / 30) ** 2 + log(trial.weights["gan"] / 0.3) ** 2
    return far + trial.seed / 100 + (hash((trial.seed, round(1e6 * far))) % 100) / 1e5


def diverging(trials):
    return [nan if t.weights["gan"] == 3 else inf if t.seed == 2 else score_of(t) for t in trials]


def never(trials):
    raise AssertionError(f"{len(trials)} trials were trained again")


def outcome(result):
    return result.model_dump()


def stored(home):
    storage = f"sqlite:///{home}/tuner.db"
    return optuna.load_study(study_name="curve", storage=storage).trials


def journal_of(home):
    return home / "tuner-runs" / "curve" / "journal.jsonl"


@pytest.fixture(scope="module")
def result():
    return run_study(asked(), Scores())


@pytest.fixture(scope="module")
def finished_once(tmp_path_factory):
    home = tmp_path_factory.mktemp("finished")
    run_study(asked(), Scores(), home)
    return home


@pytest.fixture
def home(finished_once, tmp_path):
    """A working directory in which the study is finished."""
    return shutil.copytree(finished_once, tmp_path / "home")


def test_the_best_weights_are_found_and_confirmed_on_fresh_seeds(result):
    assert result.best_weights == result.incumbent_weights
    assert result.best_weights["gan"] == 0.3
    assert 20 <= result.best_weights["λ of l1"] <= 40
    claim = result.confirmation
    assert claim.verdict == "better"
    assert 0 < claim.low < claim.gain < claim.high
    assert claim.gain == pytest.approx(claim.before - claim.after)
    used_before = {r.trial.seed for r in result.results if r.trial.role != "confirmation"}
    assert len(claim.seeds) == 2
    assert used_before.isdisjoint(claim.seeds)


def test_the_baseline_is_what_the_user_came_with(result):
    assert result.baseline_weights == START
    assert [r.trial.seed for r in result.baseline] == [1, 2]
    assert all(dict(r.trial.weights) == START for r in result.baseline)
    assert all(r.score == score_of(r.trial) for r in result.baseline)


def test_each_stage_moves_one_weight_and_hands_it_on(result):
    first, second = result.stages
    assert (first.number, first.varied, first.because) == (1, "λ of l1", "sharper")
    assert (second.number, second.varied, second.start) == (2, "gan", 1.0)
    assert (first.chosen, second.chosen) == tuple(result.combination.start.values())
    assert {10.0, 20.0, 40.0} <= {value for value, _ in first.tried}


def test_the_table_has_one_row_for_each_trial(result):
    table = result.trials
    assert isinstance(table, pandas.DataFrame)
    assert list(table["trial"]) == list(range(len(result.results)))
    assert {"stage", "role", "varied", "seed", "steps", "status", "score"} <= set(table.columns)
    assert set(START) <= set(table.columns)
    assert not table.duplicated([*START, "seed"]).any()
    assert list(table["score"]) == [r.score for r in result.results]


def test_a_folder_changes_nothing_but_what_is_kept(result, tmp_path):
    kept = run_study(asked(), Scores(), tmp_path)
    assert outcome(kept) == outcome(result)
    history = read_history(tmp_path / "tuner-runs" / "curve")
    assert tuple(history.results.values()) == result.results
    assert history.stages == result.stages
    assert history.finished.confirmation == result.confirmation
    assert [trial.value for trial in stored(tmp_path)] == [r.score for r in result.results]


def test_a_listener_hears_the_same_with_and_without_a_folder(tmp_path):
    heard = {"memory": [], "folder": []}
    run_study(asked(), Scores(), listen=heard["memory"].append)
    run_study(asked(), Scores(), tmp_path, listen=heard["folder"].append)
    opened = {where: events.pop(0) for where, events in heard.items()}
    assert heard["memory"] == heard["folder"]
    assert all(isinstance(event, StudyOpened) for event in opened.values())
    assert opened["folder"].spec == asked().model_dump(mode="json")
    written = [entry.event for entry in read_entries(tmp_path / "tuner-runs" / "curve")]
    assert written == [opened["folder"], *heard["folder"]]


def test_noise_without_effect_is_no_difference_and_changes_nothing():
    found = run_study(asked(), lambda trials: [hash((1, t.number)) % 97 / 97 for t in trials])
    assert [stage.comparison.verdict for stage in found.stages] == ["no difference"] * 2
    assert found.best_weights == START
    assert found.confirmation.verdict == "no difference"


def test_a_score_that_is_not_finite_is_a_diverged_trial_with_a_reason():
    results = run_study(asked(repeats={"baseline": 3}), diverging).results
    reasons = {r.reason for r in results if r.status == "diverged"}
    assert reasons == {"its score is nan", "its score is inf"}
    assert all(r.score is None for r in results if r.status == "diverged")
    assert any(r.status == "complete" for r in results)


def test_a_baseline_that_always_diverges_is_refused():
    with pytest.raises(TrainerError, match=r"start weights diverged on every seed.*its score is n"):
        run_study(asked(), lambda trials: [nan] * len(trials))


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ([0.5], "evaluate returned 1 scores for 2 trials (expected one for each, in order)"),
        ([0.5] * 3, "evaluate returned 3 scores for 2 trials (expected one for each, in order)"),
        (None, "evaluate returned None (expected a list of numbers, one score for each trial,"),
        (0.5, "evaluate returned 0.5 (expected a list of numbers, one score for each trial,"),
        ([0.5, "good"], "evaluate returned [0.5, 'good'] (expected a list of numbers, one score"),
    ],
)
def test_anything_but_one_number_for_each_trial_is_refused(returned, told, tmp_path):
    with pytest.raises(TrainerError) as refused:
        run_study(asked(), lambda trials: returned, tmp_path)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("broken_at", [0, 9])
def test_the_same_call_goes_on_after_an_evaluate_that_raised(broken_at, result, tmp_path):
    with pytest.raises(OSError, match="on fire"):
        run_study(asked(), Scores(lambda _, number: number == broken_at), tmp_path)
    finished = {key(t) for t in trials_told(tmp_path)}
    scores = Scores()
    again = run_study(asked(), scores, tmp_path)
    assert outcome(again) == outcome(result)
    assert finished.isdisjoint(key(trial) for trial in scores.trials)
    assert [trial.number for trial in stored(tmp_path)] == [r.trial.number for r in result.results]


def key(trial):
    return tuple(trial.weights.items()), trial.seed


def trials_told(home):
    entries = read_entries(home / "tuner-runs" / "curve")
    return [e.event.result.trial for e in entries if isinstance(e.event, TrialFinished)]


def test_a_finished_study_trains_nothing_and_writes_nothing(result, home):
    before = journal_of(home).read_bytes()
    heard = []
    assert outcome(run_study(asked(), never, home, listen=heard.append)) == outcome(result)
    assert heard == []
    assert journal_of(home).read_bytes() == before


def test_a_changed_study_is_refused_with_what_changed_and_what_to_do(home):
    changed = asked(seed=1, trainer={"steps": 300}, weights={**START, "gan": 2.0})
    with pytest.raises(StudyChanged) as refused:
        run_study(changed, never, home)
    assert str(refused.value) == (
        "'curve' was begun with other settings (trainer.steps: 5000 -> 300; "
        "weights.gan: 1.0 -> 2.0; seed: 0 -> 1); give the new one a name of its own "
        "(--set study=curve-2), or start afresh with --restart"
    )


def test_a_quick_run_and_a_full_one_of_one_name_are_told_apart_in_one_sentence(home):
    with pytest.raises(StudyChanged) as refused:
        run_study(asked(preset="quick", seed=1), never, home)
    assert str(refused.value) == (
        "'curve' was begun without --quick and goes on without --quick; give the one with --quick "
        "a name of its own (--set study=curve-2), or start afresh with --restart"
    )


def test_a_changed_study_may_take_a_name_of_its_own(home):
    run_study(asked(study="curve-2", seed=1), Scores(), home)
    assert {path.name for path in (home / "tuner-runs").glob("[!.]*")} == {"curve", "curve-2"}
    assert optuna.get_all_study_names(f"sqlite:///{home}/tuner.db") == ["curve", "curve-2"]


def test_what_is_not_trained_may_change(result, home):
    reworded = asked(symptom="blur", stages=({**STAGES[0], "because": "why not"}, STAGES[1]))
    assert run_study(reworded, never, home).best_weights == result.best_weights


def test_a_larger_budget_goes_on_where_the_smaller_one_ended(result, tmp_path):
    short = run_study(asked(budget={"max_trials": 9}), Scores(), tmp_path)
    assert short.stopped.startswith("the budget of 9 trials ")
    assert len(short.results) <= 9
    scores = Scores()
    longer = run_study(asked(), scores, tmp_path)
    assert longer.stopped == ""
    assert len(longer.results) == len(short.results) + len(scores.trials)
    assert longer.best_weights == result.best_weights
    assert read_history(tmp_path / "tuner-runs" / "curve").finished.stopped == ""


def test_restart_sets_the_earlier_run_aside_and_keeps_it(home):
    before = journal_of(home).read_bytes()
    run_study(asked(seed=1), Scores(), home, restart=True)
    aside = home / "tuner-runs" / "curve.1" / "journal.jsonl"
    assert aside.read_bytes() == before
    seeds = {trial.user_attrs["seed"] for trial in stored(home)}
    assert min(seeds) == 1001
    assert outcome(run_study(asked(seed=1), never, home))["study"] == "curve"


def test_restart_of_what_was_never_run_sets_nothing_aside(result, tmp_path):
    assert outcome(run_study(asked(), Scores(), tmp_path, restart=True)) == outcome(result)
    assert [path.name for path in (tmp_path / "tuner-runs").glob("[!.]*")] == ["curve"]


def test_trials_without_their_journal_are_refused_until_it_is_back(result, home):
    (home / "tuner-runs").rename(home / "away")
    with pytest.raises(StudyChanged) as refused:
        run_study(asked(), never, home)
    assert str(refused.value) == (
        f"{home}/tuner.db holds trials of 'curve', but its journal in "
        f"{home}/tuner-runs/curve is gone; put the folder back, or start afresh with --restart"
    )
    (home / "away" / "curve").rename(home / "tuner-runs" / "curve")
    assert outcome(run_study(asked(), never, home)) == outcome(result)


def test_restart_helps_where_the_journal_is_gone(result, home):
    (home / "tuner-runs").rename(home / "away")
    assert outcome(run_study(asked(), Scores(), home, restart=True)) == outcome(result)
    assert [path.name for path in (home / "tuner-runs").glob("[!.]*")] == ["curve"]


@pytest.mark.parametrize(
    "damage", [replaced_by_text, execute("DELETE FROM trials WHERE number = 3")]
)
def test_a_damaged_database_is_written_again_from_the_journal(result, home, damage):
    write_back(home / "tuner.db")
    damage(home / "tuner.db")
    said = []
    assert outcome(run_study(asked(), never, home, say=said.append)) == outcome(result)
    (sentence,) = said
    assert sentence.startswith(f"{home}/tuner.db was damaged (")
    assert "the trials of 'curve' are written again from the journal" in sentence
    assert [trial.value for trial in stored(home)] == [r.score for r in result.results]
    assert outcome(run_study(asked(), never, home, say=pytest.fail)) == outcome(result)


def test_restart_sets_a_damaged_database_aside(result, home):
    write_back(home / "tuner.db")
    replaced_by_text(home / "tuner.db")
    said = []
    again = run_study(asked(), Scores(), home, restart=True, say=said.append)
    assert outcome(again) == outcome(result)
    assert said == [
        f"{home}/tuner.db was damaged (file is not a database); it is now tuner.db.damaged-1"
    ]
    assert "my aunt" in (home / "tuner.db.damaged-1").read_text()


def test_a_file_of_the_name_of_our_database_is_refused_where_no_study_was(tmp_path):
    replaced_by_text(tmp_path / "tuner.db")
    for restart in (False, True):
        with pytest.raises(StorageError, match=r"tuner\.db: file is not a database"):
            run_study(asked(), never, tmp_path, restart=restart)
    assert [path.name for path in (tmp_path / "tuner-runs").glob("[!.]*")] == ["curve"]


def test_an_older_journal_beside_a_newer_database_is_refused(result, home):
    lines = journal_of(home).read_bytes().splitlines(keepends=True)
    journal_of(home).write_bytes(b"".join(lines[:12]))
    older = len(read_history(journal_of(home).parent).results)
    with pytest.raises(StudyChanged) as refused:
        run_study(asked(), never, home)
    assert str(refused.value) == (
        f"{home}/tuner.db holds results of 'curve' that its journal lacks "
        f"({len(result.results) - older} trials, the first is number {older}), so the journal is "
        "an older copy; put the newer journal back, or move tuner.db away to go on from the "
        "older one"
    )
    for path in home.glob("tuner.db*"):
        path.unlink()
    assert outcome(run_study(asked(), Scores(), home)) == outcome(result)


def test_a_second_run_of_the_same_study_is_refused(tmp_path):
    def at_the_same_time(trials):
        with pytest.raises(StorageError) as refused:
            run_study(asked(), never, tmp_path)
        told.append(str(refused.value))
        return Scores()(trials)

    told = []
    run_study(asked(), at_the_same_time, tmp_path)
    said = (
        f"'curve' is being run by another process in {tmp_path} "
        f"(look at it with: tuner status --study curve --directory {tmp_path})"
    )
    assert set(told) == {said}


def test_two_studies_run_in_one_directory_at_once(result, tmp_path):
    def another_one(trials):
        if not others:
            others.append(run_study(asked(study="other"), Scores(), tmp_path))
        return Scores()(trials)

    others = []
    assert outcome(run_study(asked(), another_one, tmp_path)) == outcome(result)
    assert others[0].best_weights == result.best_weights


@pytest.mark.parametrize("place", ["a file/in the way", "/proc/nowhere"])
def test_a_directory_that_cannot_be_written_is_refused(place, tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(StorageError, match=r"cannot be written here: .*choose another place with"):
        run_study(asked(), never, tmp_path / place)


@pytest.fixture
def disk(monkeypatch):
    """Room for so many bytes in the journal."""

    class Disk:
        room = inf

    def open_and_count(path, *args, **options):
        file = original(path, *args, **options)
        return Counted(file) if path.name == journal_file.FILE_NAME and args == ("a+b",) else file

    class Counted:
        def __init__(self, file):
            self._file = file
            files.append(file)

        def __getattr__(self, name):
            return getattr(self._file, name)

        def write(self, content):
            if Disk.room <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fits = content[: int(min(Disk.room, len(content)))]
            Disk.room -= len(fits)
            return self._file.write(fits)

    original, files = journal_file.Path.open, []
    monkeypatch.setattr(journal_file.Path, "open", open_and_count)
    yield Disk
    for file in files:
        file.close()


@pytest.mark.parametrize("room", [0, 10, 3000])
def test_a_full_disk_is_one_sentence_and_afterwards_the_same_call_goes_on(
    room, disk, result, tmp_path
):
    disk.room = room
    with pytest.raises(StorageError) as refused:
        run_study(asked(), Scores(), tmp_path)
    assert str(refused.value) == (
        f"{journal_of(tmp_path)}: the journal cannot be written (No space left on device); "
        "nothing in it is lost"
    )
    disk.room = inf
    assert outcome(run_study(asked(), Scores(), tmp_path)) == outcome(result)
    assert len(stored(tmp_path)) == len(result.results)


def test_a_lock_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "tuner-runs" / ".curve.lock").mkdir(parents=True)
    with pytest.raises(StorageError) as refused:
        run_study(asked(), never, tmp_path)
    lock = tmp_path / "tuner-runs" / ".curve.lock"
    assert str(refused.value) == f"{lock}: cannot be written (Is a directory)"


def test_scores_of_a_function_and_of_trainings_never_meet_in_one_study(tmp_path):
    spec = load_study("sepia-fix", {"repeats.baseline": 2})
    run_study(spec, evaluate=lambda trials: [1.0 for _ in trials], directory=tmp_path)
    with pytest.raises(StudyChanged) as refused:
        run_study(spec, directory=tmp_path)
    assert str(refused.value) == (
        "'sepia-fix' was begun by a function that replaces training, and is now asked for by "
        "training; give one of them another name, or start afresh with --restart"
    )


def test_a_weight_with_many_digits_is_the_same_weight_everywhere():
    spec = load_study("sepia-fix", {"weights.l_weight": 0.12345678})
    result = run_study(spec, evaluate=lambda trials: [0.5 for _ in trials])
    assert result.best_weights == result.baseline_weights
    assert result.best_weights["l_weight"] == 0.123457


@pytest.mark.parametrize("score", [1e99, -1e154])
def test_a_score_of_any_size_ends_no_study(score, tmp_path):
    def evaluate(trials):
        return [score if t.weights["gan"] == 3 else score_of(t) for t in trials]

    result = run_study(asked(), evaluate, tmp_path)
    assert run_study(asked(), never, tmp_path).model_dump() == outcome(result)
    huge = [one for one in result.results if one.trial.weights["gan"] == 3]
    expected = ("complete", score) if abs(score) < 1e100 else ("diverged", None)
    assert {(one.status, one.score) for one in huge} == {expected}


def test_a_score_that_is_too_large_is_told():
    def evaluate(trials):
        return [1e154 if t.weights["gan"] == 3 else score_of(t) for t in trials]

    reasons = {one.reason for one in run_study(asked(), evaluate).results}
    assert reasons == {"", "its score 1e+154 is beyond 1e+100"}


def test_a_journal_of_another_version_is_refused_in_one_sentence(home):
    journal = journal_of(home)
    content = journal.read_text().replace('"spec": {', '"spec": {"novelty": 1, ')
    journal.write_text(re.sub(r', "crc32": "\w+"\}', "}", content))
    with pytest.raises(StorageError) as refused:
        run_study(asked(), never, home)
    assert str(refused.value).startswith(
        "the study 'curve' was recorded by another version of the tuner (novelty: "
    )

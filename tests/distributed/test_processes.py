"""Workers as processes, on a real PostgreSQL, training for real; each a few seconds."""

import json
import signal
import subprocess
import time
from contextlib import contextmanager

import psutil
import pytest
from tiny_study import PATIENCE, STUDY, TINY, command, surroundings, tuner

from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.tables import leases
from tuner.distributed.tables import workers as registry
from tuner.search.optuna_database import create_storage

pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture
def storage(postgres, tmp_path):
    url = postgres.create_database(f"p{abs(hash(str(tmp_path))) % 10**12}")
    with Database(url) as database:
        database.create(lambda: create_storage(url))
    return url


@pytest.fixture
def home(tmp_path):
    (tmp_path / "tiny.yaml").write_text(STUDY)
    return tmp_path


def submitted(home, storage, *words):
    ended = tuner(home, "submit", *TINY, *words, TUNER_STORAGE=storage)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


@contextmanager
def workers(home, storage, *words):
    """A supervisor as a process of its own, ended at the end whatever happens."""
    (home / "w").mkdir(exist_ok=True)
    log = (home / "worker.log").open("a+")
    process = subprocess.Popen(
        command("worker", "--directory", home / "w", "--no-record", *words),
        cwd=home, env=surroundings(TUNER_STORAGE=storage), stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()
        log.close()


def wait_for(storage, kind, count=1):
    """Returns when so many lines of a kind are in the journal."""
    with Database(storage) as database:
        uid, patience = StudyRegistry(database).get("tiny").uid, time.monotonic() + PATIENCE
        journal = JournalTable(database, uid, "watcher")
        while len(journal.read(kinds=[kind])) < count:
            assert time.monotonic() < patience, f"no {kind}"
            time.sleep(0.1)


def verdicts(home, **environment):
    """What a study found, seed for seed."""

    def read(name, *words):
        shown = tuner(home, name, "--study", "tiny", "--json", **environment)
        assert shown.returncode == 0, shown.stderr
        return json.loads(shown.stdout)

    status, table = read("status"), read("show")
    return (
        table["stages"], table["combination"], status["noise"], status["confirmation"],
        status["best_weights"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def found_alone(finished_home):
    """What one run alone found."""
    return verdicts(finished_home)


def test_two_workers_find_what_one_run_alone_finds_seed_for_seed(home, storage, found_alone):
    said = submitted(home, storage)
    assert "no worker serves it" in said
    assert "tuner status --study tiny --watch" in said
    with workers(home, storage, "--processes", "2", "--until-done") as supervisor:
        assert supervisor.wait(PATIENCE) == 0, (home / "worker.log").read_text()
    assert verdicts(home, TUNER_STORAGE=storage) == found_alone
    watched = tuner(home, "status", "--study", "tiny", "--watch", TUNER_STORAGE=storage)
    assert "of at most 19 trials finished." in watched.stdout
    exported = tuner(home, "export", "--study", "tiny", "-o", "-", TUNER_STORAGE=storage)
    assert "verdict" in exported.stdout


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(home, storage, found_alone):
    submitted(home, storage)
    with workers(home, storage, "--processes", "1", "--until-done") as supervisor:
        wait_for(storage, "trial started")
        [child] = psutil.Process(supervisor.pid).children()
        child.kill()
        wait_for(storage, "trial started", 2)
        # The dead one's trials are free once it has been silent for long; until then others train.
        with Database(storage) as database, database.change() as connection:
            alive = connection.execute(registry.select()).all()
            dead = next(row.name for row in alive if f"-{child.pid}-" in row.name)
            connection.execute(leases.update().where(leases.c.worker == dead).values(worker=""))
        assert supervisor.wait(PATIENCE) == 0, (home / "worker.log").read_text()
    log = (home / "worker.log").read_text()
    assert "worker 1 of 1 died (SIGKILL); it begins again in 1 s" in log
    assert verdicts(home, TUNER_STORAGE=storage) == found_alone


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--until-done",), 130)])
def test_a_signal_drains_and_what_was_begun_goes_on_elsewhere(
    home, storage, found_alone, words, code
):
    submitted(home, storage)
    with workers(home, storage, *words) as supervisor:
        wait_for(storage, "trial started")
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(PATIENCE) == code, (home / "worker.log").read_text()
    log = (home / "worker.log").read_text()
    assert "draining: what is begun is kept and handed back" in log
    assert "drained; what was begun is handed back" in log
    helped = tuner(home, "run", *TINY, "--no-record", TUNER_STORAGE=storage)
    assert helped.returncode == 0, helped.stderr
    assert "best.yaml" in helped.stdout
    assert verdicts(home, TUNER_STORAGE=storage) == found_alone


def test_a_study_is_stopped_and_goes_on(home, storage):
    submitted(home, storage)
    stopped = tuner(home, "stop", "--study", "tiny.yaml", TUNER_STORAGE=storage)
    assert stopped.stdout == "'tiny' is stopped; it goes on with: tuner resume --study tiny\n"
    with workers(home, storage, "--until-done") as supervisor:
        assert supervisor.wait(PATIENCE) == 0
    status = tuner(home, "status", "--study", "tiny.yaml", TUNER_STORAGE=storage)
    assert "0 of at most 19 trials finished" in status.stdout
    assert "It is stopped: tuner resume --study tiny goes on" in status.stdout
    resumed = tuner(home, "resume", "--study", "tiny", TUNER_STORAGE=storage)
    assert resumed.stdout == "'tiny' goes on.\n"


def test_what_cannot_be_done_is_said_in_a_sentence(home, storage):
    nowhere = tuner(home, "submit", *TINY)
    assert nowhere.returncode == 1
    assert "name the database that the machines share, with --storage or TUNER_STORAGE" in (
        nowhere.stderr
    )
    gpus = tuner(home, "worker", "--gpus", "7", TUNER_STORAGE=storage, CUDA_VISIBLE_DEVICES="0,1")
    assert gpus.stderr == "tuner: worker: --gpus 7: this machine has no GPU 7 (there: 0, 1)\n"
    checked = tuner(home, "storage", "--check", TUNER_STORAGE=storage)
    assert (checked.returncode, checked.stdout) == (0, f"{storage} is ready.\n")

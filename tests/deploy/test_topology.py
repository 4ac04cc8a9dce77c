"""The services of docker-compose.yml without containers: the same commands, flags and names."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.tracking import MlflowClient
from tiny_study import PATIENCE, STUDY, TINY, wait_until

from tuner.tracking.server import free_port

pytestmark = pytest.mark.xdist_group("server")
"""One after the other: side by side they would look for a free port at the same moment."""

ONE_STAGE = "".join(
    line for line in STUDY.splitlines(keepends=True) if "vary: l_weight" not in line
)


@pytest.fixture(scope="module")
def place(database, services, root, tmp_path_factory):
    """Where the services run, and how what compose calls them is called here."""
    home = tmp_path_factory.mktemp("topology")
    port = free_port(30_000 + os.getpid() % 10_000)
    here = {
        "@database/": f"@127.0.0.1:{database.port}/",
        "http://mlflow:5000": f"http://127.0.0.1:{port}",
        "--host=0.0.0.0": "--host=127.0.0.1",
        "--port=5000": f"--port={port}",
        "/run/secrets": str(database.secrets),
        "=/artifacts": f"={home / 'artifacts'}",
    }

    def translate(text):
        for there, instead in here.items():
            text = text.replace(there, instead)
        return text

    programs = Path(sys.executable).parent
    inherited = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    path = f"{programs}:{root / 'deploy'}:{os.environ['PATH']}"

    def prepared(name, command=None, container=None):
        """The command of a service, and its environment; its own folder where it has one."""
        service = services[name]
        folders = {"/work": str(home / (container or name)), "/share": str(home / "share")}
        words = [translate(str(word)) for word in command or service["command"]]
        own = {
            key: folders.get(value, translate(value))
            for key, value in service.get("environment", {}).items()
        }
        return ["with-password", *words], {**inherited, "PATH": path, "OMP_NUM_THREADS": "1", **own}

    return SimpleNamespace(home=home, mlflow=f"http://127.0.0.1:{port}", prepared=prepared)


def run(place, name, command=None):
    """Runs a service that ends, or a command in it."""
    words, environment = place.prepared(name, command)
    return subprocess.run(
        words, cwd=place.home, env=environment,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


@contextmanager
def running(place, name, container=None):
    """A service that goes on, in a container of some name; stopped as compose stops it."""
    words, environment = place.prepared(name, container=container)
    with (
        (place.home / f"{container or name}.log").open("w") as log,
        subprocess.Popen(
            words, cwd=place.home, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def mlflow(place, services):
    """MLflow's server, once compose would call it healthy."""
    for _ in range(2):  # the second time is that of an update
        made = run(place, "mlflow-storage")
        assert made.returncode == 0, made.stderr
    test = services["mlflow"]["healthcheck"]["test"]
    assert run(place, "mlflow", test[1:]).returncode != 0, "no server is there yet"
    with running(place, "mlflow") as server:

        def healthy():
            assert server.poll() is None, (place.home / "mlflow.log").read_text()
            return run(place, "mlflow", test[1:]).returncode == 0

        wait_until(healthy, "MLflow")
        yield place.mlflow


def status(base, host):
    asked = urllib.request.Request(
        f"{base}/api/2.0/mlflow/experiments/search?max_results=1", headers={"Host": host}
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


@pytest.mark.parametrize(
    ("host", "expected"),
    [("mlflow:5000", 200), ("localhost:8080", 200), ("evil.example", 403), ("mlflow", 403)],
)
def test_mlflow_answers_to_its_names_alone(mlflow, host, expected):
    assert status(mlflow, host) == expected


@pytest.fixture(scope="module")
def storage(place):
    """The tables, made as compose makes them; at once and again, as replicas might."""
    check = ["tuner", "storage", "--check"]
    assert run(place, "storage", check).returncode == 1, "there are no tables yet"
    both = [place.prepared("storage") for _ in range(2)]
    started = [
        subprocess.Popen(words, cwd=place.home, env=environment, stderr=subprocess.PIPE)
        for words, environment in both
    ]
    for process in started:
        complaint = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 0, complaint
    return run(place, "storage", check).returncode


def test_two_workers_finish_a_study_and_mlflow_has_its_runs(place, storage, mlflow, services):
    assert storage == 0
    (place.home / "tiny.yaml").write_text(ONE_STAGE)
    submitted = run(place, "tuner", ["tuner", "submit", *TINY, "--set", "combination=0"])
    assert submitted.returncode == 0, submitted.stderr
    with running(place, "worker", "worker-1") as first, running(place, "worker", "worker-2") as two:
        watched = run(place, "tuner", ["tuner", "status", "--study", "tiny", "--watch"])
        assert watched.returncode == 0, watched.stderr
        kind, *check = services["worker"]["healthcheck"]["test"]
        assert (kind, run(place, "worker", check).returncode) == ("CMD", 0)
        shown = run(place, "tuner", ["tuner", "show", "--study", "tiny", "--csv"])
        trials = len(shown.stdout.splitlines()) - 1
        assert trials > 4
        client = MlflowClient(mlflow)

        def recorded():
            experiments = [one.experiment_id for one in client.search_experiments()]
            runs = client.search_runs(experiments, "tags.`tuner.kind` = 'trial'")
            return len(runs) == trials and {one.info.status for one in runs} == {"FINISHED"}

        wait_until(recorded, "MLflow")
    assert (first.returncode, two.returncode) == (0, 0)

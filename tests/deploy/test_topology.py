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
from tiny_study import wait_until

from tuner.records.server import free_port

pytestmark = pytest.mark.xdist_group("server")
"""One after the other: side by side they would look for a free port at the same moment."""


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
    given = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(root)}

    def prepared(name, command=None):
        """The command of a service, and its environment."""
        service = services[name]
        words = [translate(str(word)) for word in command or service["command"]]
        own = {key: translate(value) for key, value in service.get("environment", {}).items()}
        return ["sh", root / "deploy" / "with-password", *words], {**inherited, **given, **own}

    return SimpleNamespace(home=home, mlflow=f"http://127.0.0.1:{port}", prepared=prepared)


def run(place, name, command=None):
    """Runs a service that ends, or a command in it."""
    words, environment = place.prepared(name, command)
    return subprocess.run(
        words, cwd=place.home, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def running(place, name):
    """A service that goes on; all that it started ends with it."""
    words, environment = place.prepared(name)
    with (
        (place.home / f"{name}.log").open("w") as log,
        subprocess.Popen(
            words, cwd=place.home, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest.fixture(scope="module")
def mlflow(place, services):
    """MLflow's server, once compose would call it healthy."""
    for _ in range(2):  # the second time is that of an update
        made = run(place, "mlflow-storage")
        assert made.returncode == 0, made.stderr
    test = services["mlflow"]["healthcheck"]["test"]
    assert test[0] == "CMD"
    assert run(place, "mlflow", test[1:]).returncode != 0, "nobody is there yet"
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

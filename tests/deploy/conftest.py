"""The files of a deployment, read as their programs read them."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import yaml
from postgres_server import find_programs, postgres_server

ROOT = Path(__file__).parents[2]
PASSWORDS = {"tuner": "tuner's", "mlflow": 'mlf"low'}


def merged(below, above):
    """What compose makes of two files, as far as these files go: mappings grow, all else wins."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {
        key: merged(below[key], value) if key in below else value for key, value in above.items()
    }


def filled(value, settings):
    """A part of a file with `${NAME:-default}` and `${NAME:+instead}` as compose fills them in."""

    def fill(match):
        name, kind, other = match.groups()
        given = settings.get(name, "")
        return (other if given else "") if kind == ":+" else (given or other)

    if isinstance(value, dict):
        return {key: filled(part, settings) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, settings) for part in value]
    return re.sub(r"\$\{(\w+)(:[-+])([^}]*)\}", fill, value) if isinstance(value, str) else value


def read_compose(*names, **settings):
    """docker-compose.yml with others laid over it."""
    result = {}
    for name in ("docker-compose.yml", *names):
        result = merged(result, yaml.safe_load((ROOT / name).read_text()))
    return filled(result, settings)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def compose():
    return read_compose


@pytest.fixture(scope="session")
def services():
    return read_compose()["services"]


def connect(port, user, database, password=None):
    return psycopg.connect(
        host="127.0.0.1", port=port, user=user, dbname=database, password=password
    )


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    """PostgreSQL after its first start in compose: set up, and asking for passwords."""
    secrets = tmp_path_factory.mktemp("secrets")
    for name, password in PASSWORDS.items():
        (secrets / f"{name}_password").write_text(f"{password}\n")
    told = (ROOT / "deploy" / "postgres" / "databases.sql").read_text()
    with postgres_server(superuser="postgres") as server:
        with connect(server.port, "postgres", "postgres") as connection:
            connection.execute("ALTER ROLE postgres PASSWORD 'first'")
        subprocess.run(
            [find_programs() / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--host=127.0.0.1",
             f"--port={server.port}", "--username=postgres"],
            input=told.replace("/run/secrets", str(secrets)), text=True, check=True,
        )  # fmt: skip
        server.stop()
        (server.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        server.start()
        yield SimpleNamespace(
            server=server, port=server.port, secrets=secrets, passwords=PASSWORDS,
            enter=lambda *account: connect(server.port, *account),
        )  # fmt: skip

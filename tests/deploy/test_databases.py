"""What deploy/postgres/databases.sql makes, on a real server that asks for passwords."""

import subprocess

import psycopg
import pytest
from postgres_server import find_programs, postgres_server

PASSWORDS = {"tuner": "tuner's", "mlflow": 'mlf"low'}


def connect(server, user, database, password):
    return psycopg.connect(
        host="127.0.0.1", port=server.port, user=user, dbname=database, password=password
    )


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    """A server after its first start in compose: set up, and asking for passwords."""
    secrets = tmp_path_factory.mktemp("secrets")
    for name, password in PASSWORDS.items():
        (secrets / f"{name}_password").write_text(f"{password}\n")
    told = (root / "deploy" / "postgres" / "databases.sql").read_text()
    with postgres_server(superuser="postgres") as running:
        with connect(running, "postgres", "postgres", None) as connection:
            connection.execute("ALTER ROLE postgres PASSWORD 'first'")
        subprocess.run(
            [find_programs() / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--host=127.0.0.1",
             f"--port={running.port}", "--username=postgres"],
            input=told.replace("/run/secrets", str(secrets)), text=True, check=True,
        )  # fmt: skip
        running.stop()
        (running.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        running.start()
        yield running


@pytest.mark.parametrize(("user", "database"), [("tuner", "optuna"), ("mlflow", "mlflow")])
def test_each_account_makes_tables_in_its_own_database(server, user, database):
    with connect(server, user, database, PASSWORDS[user]) as connection:
        connection.execute("CREATE TABLE anything (number int)")


@pytest.mark.parametrize(("user", "database"), [("tuner", "mlflow"), ("mlflow", "optuna")])
def test_no_account_sees_the_other_database(server, user, database):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(server, user, database, PASSWORDS[user])


@pytest.mark.parametrize(
    ("user", "password"), [("tuner", "wrong"), ("tuner", None), ("postgres", "first")]
)
def test_nobody_enters_over_the_network_without_a_password_of_his_own(server, user, password):
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect(server, user, "optuna", password)


def test_no_account_rules_the_server(server):
    with connect(server, "tuner", "optuna", PASSWORDS["tuner"]) as connection:
        ruling = connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
    assert ruling == [("postgres",)]

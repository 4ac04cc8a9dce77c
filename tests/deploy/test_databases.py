"""What deploy/postgres/databases.sql makes, on a real server that asks for passwords."""

import os
import subprocess

import psycopg
import pytest
from postgres_server import find_programs


@pytest.mark.parametrize(("user", "name"), [("tuner", "optuna"), ("mlflow", "mlflow")])
def test_each_account_makes_tables_in_its_own_database(database, user, name):
    with database.enter(user, name, database.passwords[user]) as connection:
        connection.execute("CREATE TABLE anything (number int)")
        connection.rollback()


@pytest.mark.parametrize(("user", "name"), [("tuner", "mlflow"), ("mlflow", "optuna")])
def test_no_account_sees_the_other_database(database, user, name):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        database.enter(user, name, database.passwords[user])


@pytest.mark.parametrize(
    ("user", "password"), [("tuner", "wrong"), ("tuner", None), ("postgres", "first")]
)
def test_no_account_enters_over_the_network_without_its_own_password(database, user, password):
    with pytest.raises(psycopg.OperationalError, match="password"):
        database.enter(user, "optuna", password)


def test_no_account_rules_the_server(database):
    with database.enter("tuner", "optuna", database.passwords["tuner"]) as connection:
        ruling = connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
    assert ruling == [("postgres",)]


@pytest.mark.parametrize(("secret", "code"), [("tuner_password", 0), ("mlflow_password", 2)])
def test_the_health_check_needs_the_right_password(database, services, secret, code):
    kind, line = services["database"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    here = {
        "$$": "$",
        "--host=database": f"--host=127.0.0.1 --port={database.port}",
        "/run/secrets/tuner_password": str(database.secrets / secret),
    }
    for there, instead in here.items():
        line = line.replace(there, instead)
    path = f"{find_programs()}:{os.defpath}"
    said = subprocess.run(
        ["sh", "-c", line], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert said.returncode == code, said.stderr

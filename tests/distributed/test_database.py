from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tuner.distributed.database import Database
from tuner.errors import StorageError
from tuner.search.optuna_database import create_storage


def answer(database):
    with database.change() as connection:
        return connection.execute(text("SELECT 42")).scalar()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("my database", "storage: 'my database' is no address of a database (such as postgres"),
        ("tuner://here/optuna", "storage: 'tuner://here/optuna' is no address of a database"),
        (
            "mysql+pymysql://h/optuna",
            "storage: pymysql is not installed, which mysql+pymysql needs (pip install pymysql)",
        ),
        ("sqlite://", "storage: a database in memory cannot be shared (name a file)"),
    ],
)
def test_what_is_no_address_is_refused(url, said):
    with pytest.raises(StorageError) as refusal:
        Database(url)
    assert str(refusal.value).startswith(said)


def test_a_password_is_never_shown():
    assert Database("postgresql+psycopg://me:secret@h/optuna").shown == (
        "postgresql+psycopg://me:***@h/optuna"
    )


def test_a_server_that_is_not_there_is_refused_in_one_sentence():
    database = Database("postgresql+psycopg://tuner@127.0.0.1:1/optuna")
    with pytest.raises(StorageError) as refusal:
        database.check()
    assert str(refusal.value).startswith("storage: postgresql+psycopg://tuner@127.0.0.1:1/optuna: ")
    assert "\n" not in str(refusal.value)


def test_without_tables_it_says_how_to_make_them(empty_url):
    said = r"has no tables of the tuner yet \(make them: tuner st"
    with Database(empty_url) as database, pytest.raises(StorageError, match=said):
        database.check()


def test_many_may_make_the_tables_at_once(empty_url):
    def create(_):
        with Database(empty_url) as database:
            database.create(lambda: create_storage(empty_url))
            database.check()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(create, range(6))) == [None] * 6


def test_one_at_a_time_is_alone(database):
    counts = {"inside": 0, "most": 0}

    def enter(_):
        with Database(database.url) as mine:
            for _ in range(5):
                with mine.alone("something"):
                    counts["inside"] += 1
                    counts["most"] = max(counts["most"], counts["inside"])
                    answer(mine)
                    counts["inside"] -= 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enter, range(4)))
    assert counts["most"] == 1


def test_what_the_database_refuses_is_said_and_not_tried_again(postgres):
    def ask():
        with database.change() as connection:
            connection.execute(text("SELECT nonsense"))

    with (
        Database(postgres.url(), wait=pytest.fail) as database,
        pytest.raises(StorageError, match='column "nonsense" does not exist'),
    ):
        database.with_retries(ask)


def test_a_database_that_restarts_is_waited_for(postgres):
    said, waits = [], []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            postgres.start()

    with Database(postgres.create_database("restarts"), said.append, wait) as database:
        assert answer(database) == 42
        postgres.kill()
        assert database.with_retries(lambda: answer(database)) == 42
    assert waits == [0.2, 0.5, 1.0]
    assert [sentence.split(" (")[0] for sentence in said] == [
        f"{database.shown} does not answer", "the database is back",
    ]  # fmt: skip


class OperationalError(Exception):
    """As a driver calls what is away."""


class ConnectionTimeout(OperationalError):
    """As psycopg calls a host that does not answer at all."""


def test_inside_of_patience_nothing_waits_by_itself(database):
    """What needs a lock is done again as a whole, or it would go on without the lock."""
    tries = []

    def inner():
        tries.append("inner")
        if len(tries) < 3:
            raise DBAPIError("SELECT 1", {}, ConnectionTimeout("gone"))
        return "done"

    def outer():
        tries.append("outer")
        return patient.with_retries(inner)

    with Database(database.url, wait=lambda _seconds: None) as patient:
        assert patient.with_retries(outer) == "done"
    assert tries == ["outer", "inner", "outer", "inner"]

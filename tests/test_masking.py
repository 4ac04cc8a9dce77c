import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner import masking
from tuner.masking import masked
from tuner.tracking.pages import leaderboard_path


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(masking, "_registered", set())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:pass@h/db", "postgresql://me:***@h/db"),
        ("postgresql+psycopg://me:p/a@ss@h:5432/db", "postgresql+psycopg://me:***@h:5432/db"),
        ("postgrsql://me:pass@h/db", "postgrsql://me:***@h/db"),
        ("postgresql://h/db?user=me&password=pass", "postgresql://h/db?user=me&password=***"),
        ("postgresql://h/db?sslpassword=pass&a=b", "postgresql://h/db?sslpassword=***&a=b"),
        ("https://token-1234@h:5000", "https://***@h:5000"),
        ("http://here:5000/#/experiments/1", "http://here:5000/#/experiments/1"),
        ("sqlite:///tuner.db", "sqlite:///tuner.db"),
        ("s3://bucket/photos", "s3://bucket/photos"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert masked(address) == shown
    assert masked(f"cannot reach '{address}' now") == f"cannot reach '{shown}' now"


def test_a_registered_secret_is_masked_in_every_form():
    masking.register("postgresql://me:geh%40im@h/db")
    masking.register_secret("hidden")
    assert masked("user me, password geh@im or geh%40im, or hidden") == (
        "user me, password *** or ***, or ***"
    )


@given(
    st.text(st.characters(blacklist_characters="'\"<>?&;@", blacklist_categories="CZ"), min_size=4)
)
def test_no_password_is_shown(secret):
    masking.register(f"mysql://me:{secret}@h/db")
    if secret not in "mysql://me:***@h/db":
        assert secret not in masked(f"no such driver: mysql://me:{secret}@h/db")


def test_the_link_of_the_leaderboard_keeps_the_key_of_its_view():
    link = f"http://127.0.0.1:5000/{leaderboard_path('1')}"
    assert masked(link) == link

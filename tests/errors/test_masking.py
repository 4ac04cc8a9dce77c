from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import masking
from tuner.errors.masking import concealed, copy_masked, is_secret, masked
from tuner.tracking.leaderboard import leaderboard_path


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


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("API_KEY", "x", True),
        ("wandb_api_key", "x", True),
        ("HF_TOKEN", "x", True),
        ("PGPASSWORD", "x", True),
        ("AWS_SECRET_ACCESS_KEY", "x", True),
        ("BASIC_AUTH", "x", True),
        ("URL", "http://me:pass@h", True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("MAX_TOKENS", "5", False),
        ("BYPASS_CACHE", "1", False),
        ("KEYBOARD", "de", False),
        ("AUTHOR", "me", False),
    ],
)
def test_a_secret_variable_is_known_by_its_name_or_value(name, value, secret):
    assert is_secret(name, value) == secret


def test_a_concealed_value_tells_only_whether_it_is_the_same():
    kept = concealed("KEY", "quite-hidden")
    assert kept == concealed("KEY", "quite-hidden") == concealed("KEY", kept)
    assert kept not in (concealed("KEY", "quite-hidde"), concealed("OTHER_KEY", "quite-hidden"))
    assert kept.startswith("***scrypt:")
    assert "hidden" not in kept


def test_the_output_of_another_program_is_copied_without_secrets():
    masking.register_secret("quite-hidden")
    kept = BytesIO()
    copy_masked([b"it is quite-hidden\n", b"\xff\n"], kept)
    assert kept.getvalue() == b"it is ***\n\xff\n"


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

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from tuner.tracking.keys import Keys, clean_key, clean_keys


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a/b c", "a/b c"), ("ä=%", "___"), ("x" * 300, "x" * 250), ("", "_"), ("loss/", "loss/_"),
        ("a//b", "a/_/b"), ("/a", "_/a"), (".", "_"), ("a/../b", "a/__/b"),
        ("https://h", "https:/_/h"),
    ],
)  # fmt: skip
def test_names_are_made_such_that_mlflow_takes_them(name, key):
    assert clean_key(name) == key


@given(st.text(alphabet="ab./_-: é\n=", max_size=400))
def test_mlflow_takes_every_key(name):
    key = clean_key(name)
    _validate_metric_name(key)
    assert 0 < len(key) <= 250
    assert clean_key(key) == key


@given(st.lists(st.text(alphabet="a./=", max_size=5), unique=True))
def test_different_names_stay_different(names):
    keys = Keys()
    made = [keys.of(name) for name in names]
    assert len(set(made)) == len(names)
    assert [keys.of(name) for name in names] == made


def test_parameters_of_odd_names_are_kept_apart():
    assert clean_keys({"l'=1;": "1", "l?=1;": "2"}) == {"l__1_": "1", "l__1__2": "2"}

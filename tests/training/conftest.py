"""Tests are no package; what they share lies beside them."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_bench import Heard, setting_of, spec_of
from small_photos import fill_wide

from tuner.training.device import on_one_core


@pytest.fixture(autouse=True, scope="session")
def one_core():
    """As trainings do it, and so that tests beside each other do not fight for cores."""
    with on_one_core():
        yield


@pytest.fixture
def folder(tmp_path):
    return fill_wide(tmp_path / "photos", range(5))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return fill_wide(tmp_path_factory.mktemp("small") / "photos", range(5))


@pytest.fixture(scope="session")
def setting(photos):
    """Photos and networks of a small study, made ready once for all tests."""
    return setting_of(spec_of(photos), photos.parent / "study")


@pytest.fixture
def bench(setting):
    return replace(setting.bench, threads=1)


@pytest.fixture
def heard():
    return Heard()

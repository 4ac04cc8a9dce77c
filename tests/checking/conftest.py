"""Tests are no package; the small photos and studies of trainings lie with those tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from small_photos import fill_wide

from tuner.training.device import on_one_core


@pytest.fixture(autouse=True, scope="session")
def one_core():
    with on_one_core():
        yield


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    return fill_wide(tmp_path_factory.mktemp("checked") / "photos", range(5))


@pytest.fixture
def notes():
    """What a check says about itself meanwhile."""
    return []

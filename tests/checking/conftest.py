import pytest
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

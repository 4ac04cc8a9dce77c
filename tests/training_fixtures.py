"""Fixtures of trainings that take milliseconds: photos, networks, and what they record."""

from dataclasses import replace

import pytest


@pytest.fixture(scope="session")
def one_core():
    """As trainings do it, and so that tests beside each other do not fight for cores."""
    from tuner.training.device import on_one_core

    with on_one_core():
        yield


@pytest.fixture
def folder(tmp_path):
    from small_photos import fill_wide

    return fill_wide(tmp_path / "photos", range(5))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    from small_photos import fill_wide

    return fill_wide(tmp_path_factory.mktemp("small") / "photos", range(5))


@pytest.fixture(scope="session")
def prepared(photos, one_core):
    """Photos and networks of a small study, made ready once for all tests."""
    from small_training import prepared_of, spec_of

    return prepared_of(spec_of(photos), photos.parent / "study")


@pytest.fixture
def context(prepared):
    return replace(prepared.context, threads=1)


@pytest.fixture
def heard():
    from small_training import Heard

    return Heard()

import pytest


@pytest.fixture(autouse=True, scope="session")
def trains_on_one_core(one_core):
    """Every test of this folder."""

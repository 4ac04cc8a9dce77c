"""The files of a deployment, read as whoever uses them would."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def merged(below, above):
    """What compose makes of two files, as far as these files go: mappings grow, all else wins."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {
        key: merged(below[key], value) if key in below else value for key, value in above.items()
    }


def filled(value, settings):
    """A part of a file with `${NAME:-default}` and `${NAME:+instead}` as compose fills them in."""

    def fill(match):
        name, kind, other = match.groups()
        given = settings.get(name, "")
        return (other if given else "") if kind == ":+" else (given or other)

    if isinstance(value, dict):
        return {key: filled(part, settings) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, settings) for part in value]
    return re.sub(r"\$\{(\w+)(:[-+])([^}]*)\}", fill, value) if isinstance(value, str) else value


def read_compose(*names, **settings):
    """docker-compose.yml with others laid over it."""
    result = {}
    for name in ("docker-compose.yml", *names):
        result = merged(result, yaml.safe_load((ROOT / name).read_text()))
    return filled(result, settings)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def compose():
    return read_compose


@pytest.fixture(scope="session")
def services():
    return read_compose()["services"]

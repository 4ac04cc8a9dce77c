"""docs/many-machines.md: what it tells people to type and to open exists."""

import re
import shlex

import pytest
import yaml
from typer.main import get_command

from tuner.cli.commands import app

ENDS_COMPOSE = {"up", "ps", "down", "exec", "run"}


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "many-machines.md").read_text()


def blocks(page, language):
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    return [text.replace(f"\n{margin}", "\n").removeprefix(margin) for margin, text in found]


@pytest.fixture(scope="module")
def typed(page, root):
    """Lines that people are told to type, here and in README, without their remarks."""
    readme = (root / "README.md").read_text().partition("## Many machines")[2].partition("\n## ")[0]
    text = "".join(blocks(page + readme, "console")).replace("\\\n", " ")
    return [line.partition(" #")[0].strip() for line in text.splitlines()]


def test_every_command_of_the_tuner_exists(typed):
    known = get_command(app).commands
    compose = "docker compose run --rm tuner "
    told = [shlex.split(line.replace("--no-TTY ", "").replace(compose, "tuner ")) for line in typed]
    commands = [words for words in told if words and words[0] == "tuner"]
    assert {words[1] for words in commands} >= {"worker", "submit", "status", "export", "storage"}
    for _, name, *rest in commands:
        spelled = {option for one in known[name].params for option in one.opts}
        assert {word for word in rest if word.startswith("--")} <= spelled, name


def test_every_command_of_compose_names_what_there_is(typed, services):
    told = [shlex.split(line)[2:] for line in typed if line.startswith("docker compose ")]
    assert {words[0] for words in told} <= ENDS_COMPOSE
    for words in told:
        named = [word for word in words[1:] if not word.startswith("-")]
        if words[0] in {"run", "exec"}:
            assert named[0] in services


def test_every_file_that_is_named_exists(page, typed, root):
    linked = re.findall(r"\]\(\.\./([^)]+)\)", page)
    applied = re.findall(r"deploy/[\w./]+", "\n".join(typed))
    files = re.findall(r"COMPOSE_FILE=(\S+)", page)
    named = {*linked, *applied, *(name for line in files for name in line.split(":"))}
    assert len(named) > 8
    assert {name for name in named if not (root / name).exists()} == set()


def test_the_passwords_are_made_as_compose_reads_them(typed, compose, root):
    [line] = [line for line in typed if line.startswith("for name in ")]
    made = set(line.partition(" in ")[2].partition(";")[0].split())
    assert made == set(compose()["secrets"])
    assert line in (root / "docker-compose.yml").read_text()
    assert "mkdir -m 700 secrets" in typed


def test_every_setting_of_the_page_is_one_of_compose(page, root):
    [settings] = [text for text in blocks(page, "text") if "TUNER_PROCESSES=" in text]
    files = (root / "docker-compose.yml").read_text() + (root / "compose.tunnel.yaml").read_text()
    for line in settings.splitlines():
        name = line.partition("=")[0]
        assert f"${{{name}:" in files or name == "COMPOSE_FILE"


def test_an_image_of_ones_own_takes_the_place_of_ours(page, services):
    [text] = blocks(page, "yaml")
    own = yaml.safe_load(text.replace("!reset ", ""))["services"]
    assert set(own) == {"worker", "tuner"} <= set(services)

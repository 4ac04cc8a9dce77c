"""docker-compose.yml and what is laid over it: by schema, by reference, and by what it promises."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from mlflow.cli import cli as mlflow_commands
from typer.main import get_command

from tuner.cli.commands import app
from tuner.tracking.landing import APP

OVERRIDES = ("compose.gpu.yaml", "compose.tunnel.yaml")
COMBINATIONS = ((), ("compose.gpu.yaml",), ("compose.tunnel.yaml",), OVERRIDES)
PLUGINS = ("/usr/libexec/docker/cli-plugins", "/usr/local/lib/docker/cli-plugins")


def words(service):
    return [str(word) for word in service.get("command", ())]


def compose_programs():
    """Every docker compose that is installed here; it takes files without an engine too."""
    found = [shutil.which("docker-compose"), *(f"{folder}/docker-compose" for folder in PLUGINS)]
    return [program for program in found if program and Path(program).exists()]


def test_the_files_follow_the_compose_specification(root):
    judged = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         "docker-compose.yml", *OVERRIDES],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("overrides", COMBINATIONS)
def test_what_is_named_exists_and_what_exists_is_named(compose, root, overrides):
    whole = compose(*overrides)
    services = whole["services"].values()
    mounts = [mount for one in services for mount in one.get("volumes", ())]
    used = {mount["source"] for mount in mounts if mount["type"] == "volume" and "source" in mount}
    assert used == set(whole["volumes"])
    assert {name for one in services for name in one["networks"]} == set(whole["networks"])
    assert {name for one in services for name in one.get("secrets", ())} == set(whole["secrets"])
    for mount in mounts:
        assert mount["type"] == "volume" or (root / mount["source"]).exists()
    for one in services:
        for name, wanted in one.get("depends_on", {}).items():
            other = whole["services"][name]
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in other
            else:
                assert other["restart"] == "on-failure:5", "it ends, and is not started again"


def test_compose_itself_takes_the_files_wherever_it_is_installed(root):
    for program in compose_programs():
        for overrides in COMBINATIONS:
            files = [word for name in ("docker-compose.yml", *overrides) for word in ("-f", name)]
            judged = subprocess.run(
                [program, *files, "--profile", "*", "config", "--quiet"],
                cwd=root, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert (judged.returncode, judged.stderr) == (0, "")


@pytest.mark.parametrize("overrides", COMBINATIONS)
def test_no_service_has_more_rights_than_its_work_needs(compose, overrides):
    for name, service in compose(*overrides)["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert service["init"] is True, name
        assert not {"privileged", "cap_add", "pid", "network_mode", "container_name"} & set(service)
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "reachable from this machine alone"


def test_no_file_holds_a_password_and_git_takes_none(compose, root):
    whole = compose(*OVERRIDES)
    ignored = (root / ".gitignore").read_text().splitlines()
    assert "/secrets/" in ignored
    for secret in whole["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    for name, service in whole["services"].items():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable:
                assert variable.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
        everything = " ".join([*words(service), *map(str, service.get("environment", {}).values())])
        assert not re.search(r"://[^/\s@]*:[^/\s@]*@", everything), name


def test_every_command_of_ours_and_of_mlflow_exists(compose):
    commands = [words(one) for one in compose(*OVERRIDES)["services"].values()]
    commands += [words(one) for one in compose()["services"].values()]
    told = {"tuner": get_command(app), "mlflow": mlflow_commands}
    met = set()
    for program, *rest in filter(None, commands):
        command = told.get(program)
        while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            met.add((program, rest[0]))
            assert rest[0] in command.commands, rest
            command = command.commands[rest.pop(0)]
        if command is not None:
            spelled = {name for option in command.params for name in option.opts}
            spelled |= {name for option in command.params for name in option.secondary_opts}
            given = {word.partition("=")[0] for word in rest if word.startswith("--")}
            assert given - {"--help"} <= spelled
    assert {("tuner", "worker"), ("tuner", "storage"), ("mlflow", "server")} <= met


def test_mlflow_answers_to_the_name_by_which_workers_call_it(services):
    flags = dict(word.split("=", 1) for word in words(services["mlflow"]) if "=" in word)
    allowed = flags["--allowed-hosts"].split(",")
    called = services["worker"]["environment"]["MLFLOW_TRACKING_URI"]
    assert called == f"http://mlflow:{flags['--port']}"
    assert f"mlflow:{flags['--port']}" in allowed
    assert "localhost:*" in allowed, "the published port may be another"
    assert called in services["mlflow"]["healthcheck"]["test"][-1], "not another door than theirs"
    assert services["mlflow"]["ports"] == [f"127.0.0.1:5000:{flags['--port']}"]
    assert services["mlflow"]["environment"]["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_mlflow_has_the_page_that_opens_the_leaderboard(services, root):
    """The image has the tuner installed, whose entry point is the server that is named."""
    flags = dict(word.split("=", 1) for word in words(services["mlflow"]) if "=" in word)
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert flags["--app-name"] == APP
    assert APP in project["entry-points"]["mlflow.app"]
    assert services["mlflow"]["image"] == services["worker"]["image"]


def test_postgresql_keeps_its_data_where_version_18_does(services):
    database = services["database"]
    assert database["image"].startswith("postgres:18-")
    assert "/var/lib/postgresql" in {mount["target"] for mount in database["volumes"]}


def test_workers_on_gpus_are_one_container_with_all_of_them(compose):
    worker = compose("compose.gpu.yaml")["services"]["worker"]
    [device] = worker["deploy"]["resources"]["reservations"]["devices"]
    assert (device["count"], device["capabilities"]) == ("all", ["gpu"])
    assert words(worker) == ["tuner", "worker", "--gpus", "all"]
    assert (worker["image"], worker["build"]["target"]) == ("colorization-tuner:cuda", "cuda")


def test_photos_are_read_only_and_named_where_they_are_given(compose):
    given = compose(TUNER_PHOTOS="./my photos")["services"]["worker"]
    [mount] = [mount for mount in given["volumes"] if mount["target"] == "/photos"]
    assert (mount["source"], mount["read_only"]) == ("./my photos", True)
    assert given["environment"]["TUNER_PHOTOS"] == "/photos"
    assert compose()["services"]["worker"]["environment"]["TUNER_PHOTOS"] == ""


def test_everything_that_must_be_written_lies_on_a_volume_or_in_memory(compose):
    for name in ("worker", "tuner"):
        service = compose()["services"][name]
        targets = {mount["target"] for mount in service["volumes"]}
        environment = service["environment"]
        assert {environment["TUNER_DIRECTORY"], environment["TUNER_SHARE"], "/cache"} <= targets

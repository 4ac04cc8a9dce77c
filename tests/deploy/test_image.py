"""The Dockerfile, as far as it can be followed without an engine."""

import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel


@pytest.fixture(scope="module")
def dockerfile(root):
    text = (root / "Dockerfile").read_text()
    return re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def stages(dockerfile):
    """The lines of each stage, those of its base first."""
    result = {}
    for block in re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[1:]:
        heading, *lines = block.strip().splitlines()
        base, _, name = heading.partition(" AS ")
        result[name] = result.get(base, []) + [line for line in lines if line]
    return result


def copied(lines):
    """What is taken from the project, and where to."""
    pairs = []
    for line in lines:
        if line.startswith("COPY "):
            *sources, target = [word for word in line.split()[1:] if not word.startswith("--")]
            pairs += [(source, target) for source in sources]
    return pairs


def test_the_image_has_what_compose_builds(stages, compose):
    whole = [*compose()["services"].values(), *compose("compose.gpu.yaml")["services"].values()]
    assert {one["build"]["target"] for one in whole if "build" in one} == {"cpu", "cuda"}
    assert {"cpu", "cuda"} <= set(stages)


@pytest.mark.parametrize("target", ["cpu", "cuda"])
def test_it_runs_without_root_and_all_versions_are_pinned(stages, target):
    lines = stages[target]
    assert lines[-1] == "USER 10001:10001"
    assert 'ENTRYPOINT ["with-password"]' in lines
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert all("--constraint /constraints.txt" in line for line in installs)
    assert ("download.pytorch.org/whl/cpu" in installs[0]) == (target == "cpu")
    assert "[postgresql]" in installs[1]


def test_python_is_the_one_that_the_versions_were_pinned_for(dockerfile, root):
    [image] = re.findall(r"^FROM (\S+:\S+) ", dockerfile, re.MULTILINE)
    assert image == "python:3.11-slim-bookworm"
    assert "on Python 3.11" in (root / "constraints.txt").read_text().splitlines()[0]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert "postgresql" in project["optional-dependencies"]


def test_what_is_copied_is_all_that_docker_is_shown(stages, root):
    taken = {source for lines in stages.values() for source, _ in copied(lines)}
    shown = (root / ".dockerignore").read_text().splitlines()
    assert "*" in shown
    assert {line.removeprefix("!") for line in shown if line.startswith("!")} == taken


def test_what_is_copied_is_enough_for_the_package(stages, root, tmp_path, monkeypatch):
    for source, target in copied(stages["wheel"]):
        if target.startswith("/"):
            continue
        if (root / source).is_dir():
            shutil.copytree(root / source, tmp_path / target)
        else:
            shutil.copy(root / source, tmp_path / target)
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        assert {"tuner/cli/commands.py", "tuner/studies/sepia-fix.yaml"} <= set(wheel.namelist())


def test_every_folder_that_a_volume_covers_belongs_to_the_user(stages, services):
    [made] = [line for line in stages["cpu"] if "install --directory" in line]
    owned = set(re.findall(r" (/\w+)", made.partition("install --directory")[2]))
    ours = [one for one in services.values() if one["image"].startswith("colorization-tuner")]
    mounts = [mount for one in ours for mount in one.get("volumes", ())]
    assert {one["target"] for one in mounts if one["type"] == "volume"} <= owned
    assert "--uid 10001" in made


def with_password(root, *command, **environment):
    return subprocess.run(
        [root / "deploy" / "with-password", *command], env={"PATH": os.defpath, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_password_comes_from_its_file(root, tmp_path):
    (tmp_path / "password").write_text("secret word\n")
    said = with_password(root, "printenv", "PGPASSWORD", PGPASSWORD_FILE=str(tmp_path / "password"))
    assert (said.returncode, said.stdout) == (0, "secret word\n")


def test_without_a_file_the_command_runs_as_it_is(root):
    said = with_password(root, "sh", "-c", 'echo "${PGPASSWORD-none}"; exit 7')
    assert (said.returncode, said.stdout) == (7, "none\n")


def test_a_password_that_cannot_be_read_is_said_before_anything_runs(root, tmp_path):
    said = with_password(root, "echo", "ran", PGPASSWORD_FILE=str(tmp_path / "missing"))
    assert (said.returncode, said.stdout) == (1, "")
    assert f"{tmp_path / 'missing'} cannot be read by user {os.geteuid()}" in said.stderr
    assert "chmod 644" in said.stderr


def test_scripts_can_be_run(root):
    assert os.access(root / "deploy" / "with-password", os.X_OK)
    assert Path(root / "deploy" / "slurm" / "workers.sbatch").exists()

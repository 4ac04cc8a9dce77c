"""Kubernetes by its schemas, and the scripts for Slurm with a stand-in for the cluster."""

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import submitit
import yaml
from tiny_study import PATIENCE, wait_until
from typer.main import get_command

from tuner.cli.commands import app

KUBERNETES = ("settings.yaml", "submit.yaml", "workers.yaml")
STUDY = {"STUDY": "sepia-fix", "TUNER_STORAGE": "postgresql+psycopg://there", "TUNER_SHARE": "/s"}

WORKER = """#!{python}
import os, signal, sys
told = open("told.txt", "a+", buffering=1)
told.seek(0)
turn = told.read().count("worker")
def stop(number, frame):
    told.write("handed back\\n")
    sys.exit(130)
signal.signal(signal.SIGTERM, stop)
open("parent.txt", "w").write(str(os.getppid()))
told.write(" ".join(sys.argv[1:]) + "\\n")
if turn < {turns}:
    signal.pause()
sys.exit({code})
"""
"""Stands in for `tuner`: works until it is told to stop; after some turns it ends by itself."""

SCONTROL = '#!/bin/sh\necho "scontrol $*" >> told.txt\n'


@pytest.fixture(scope="module")
def manifests(root):
    folder = root / "deploy" / "kubernetes"
    assert {path.name for path in folder.iterdir()} == set(KUBERNETES)
    return {
        name: [one for one in yaml.safe_load_all((folder / name).read_text()) if one]
        for name in KUBERNETES
    }


def pods(manifests):
    jobs = [one for many in manifests.values() for one in many if one["kind"] == "Job"]
    return [job["spec"]["template"]["spec"] for job in jobs]


def containers(pod):
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("name", KUBERNETES)
def test_kubernetes_knows_every_key_of_the_manifests(manifests, name):
    for manifest in manifests[name]:
        kubernetes_validate.validate(manifest, "1.37", strict=True)


def test_what_a_pod_names_exists(manifests):
    settings = manifests["settings.yaml"]
    claims = {one["metadata"]["name"] for one in settings if one["kind"] != "ConfigMap"}
    [config] = [one for one in settings if one["kind"] == "ConfigMap"]
    for pod in pods(manifests):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        wanted = [one["persistentVolumeClaim"] for one in volumes.values() if len(one) > 1
                  and "persistentVolumeClaim" in one]  # fmt: skip
        assert {claim["claimName"] for claim in wanted} <= claims
        for container in containers(pod):
            assert {one["name"] for one in container["volumeMounts"]} <= set(volumes)
            [source] = container["envFrom"]
            assert source["configMapRef"]["name"] == config["metadata"]["name"]
        paths = {one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
        assert {path for path in config["data"].values() if path.startswith("/")} <= paths


def test_no_pod_has_more_rights_than_the_work_needs(manifests):
    for pod in pods(manifests):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001, "as in the Dockerfile"
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            [password] = container["env"]
            assert password["name"] == "PGPASSWORD"
            assert set(password["valueFrom"]) == {"secretKeyRef"}


def test_workers_are_an_indexed_job_that_outlives_its_nodes(manifests):
    [job] = manifests["workers.yaml"]
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    [rule] = spec["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")
    [worker] = spec["template"]["spec"]["containers"]
    assert "--until-done" in worker["command"], "or the job would never end"
    assert worker["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_the_commands_of_the_pods_exist(manifests):
    known = get_command(app).commands
    for pod in pods(manifests):
        for container in containers(pod):
            program, name, *rest = container["command"]
            assert program == "tuner"
            spelled = {option for one in known[name].params for option in one.opts}
            assert {word for word in rest if word.startswith("--")} <= spelled


def test_shellcheck_finds_nothing_in_the_scripts(root):
    scripts = [".ci/run", "deploy/with-password", "deploy/slurm/workers.sbatch"]
    shellcheck = Path(sys.executable).with_name("shellcheck")
    judged = subprocess.run(
        [shellcheck, *scripts], cwd=root, capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A working directory where `tuner` and Slurm seem to be installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SLURM_JOB_ID", "77")

    def equip(turns=1, code=0):
        worker = WORKER.format(python=sys.executable, turns=turns, code=code)
        for name, text in (("tuner", worker), ("scontrol", SCONTROL)):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)

    return equip


@pytest.fixture
def told(tmp_path):
    """Lines that the stand-ins left; there are soon at least so many."""

    def read(at_least=0):
        file = tmp_path / "told.txt"
        lines = []

        def enough():
            lines[:] = file.read_text().splitlines() if file.exists() else []
            return len(lines) >= at_least

        wait_until(enough, f"{at_least} lines")
        return lines

    return read


ASKED = "worker --study sepia-fix --until-done"


def begin(root, settings=STUDY):
    return subprocess.Popen(
        ["bash", root / "deploy" / "slurm" / "workers.sbatch"], env={**os.environ, **settings},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def end(task):
    complaint = task.communicate(timeout=PATIENCE)[1]
    return task.returncode, complaint


def test_a_task_whose_time_is_up_hands_back_and_is_queued_again(root, cluster, told):
    cluster()
    task = begin(root)
    assert told(1) == [ASKED]
    task.send_signal(signal.SIGTERM)
    assert end(task) == (130, "")
    assert told() == [ASKED, "handed back", "scontrol requeue 77"]


@pytest.mark.parametrize("code", [0, 1])
def test_a_task_that_ends_by_itself_is_not_queued_again(root, cluster, told, code):
    cluster(turns=0, code=code)
    assert end(begin(root)) == (code, "")
    assert told() == [ASKED]


@pytest.mark.parametrize("missing", sorted(STUDY))
def test_a_task_says_what_it_has_to_be_told(root, cluster, told, missing):
    cluster()
    settings = {name: value for name, value in STUDY.items() if name != missing}
    code, complaint = end(begin(root, settings))
    assert code == 1
    assert f"{missing}: " in complaint
    assert told() == []


def test_submitit_queues_a_worker_again_when_its_time_is_up(root, cluster, told, tmp_path):
    cluster()
    script = runpy.run_path(str(root / "deploy" / "slurm" / "submit_workers.py"))
    job = submitit.LocalExecutor(folder="jobs").submit(script["Worker"]("sepia-fix"))
    assert told(1) == [ASKED]
    os.kill(int((tmp_path / "parent.txt").read_text()), signal.SIGUSR2)
    assert told(3) == [ASKED, "handed back", ASKED]
    assert job.result() == 0
    job._process.wait(PATIENCE)


def test_submitit_tells_of_a_worker_that_failed(root, cluster, told):
    cluster(turns=0, code=1)
    script = runpy.run_path(str(root / "deploy" / "slurm" / "submit_workers.py"))
    job = submitit.LocalExecutor(folder="jobs").submit(script["Worker"]("sepia-fix"))
    assert "returned non-zero exit status 1" in str(job.exception())
    job._process.wait(PATIENCE)

import json
import os

import pytest

from tuner.distributed.process_specs import syncer_spec, worker_specs
from tuner.distributed.worker_process import ProcessOptions
from tuner.errors import TrainerError

OPTIONS = ProcessOptions("/work")


def told(process_spec):
    return json.loads(process_spec.command[-1])


def test_one_worker_has_all_cores_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    [process_spec] = worker_specs(OPTIONS, "sqlite:///x.db", processes=None, gpus=None)
    assert told(process_spec)["cores"] == sorted(os.sched_getaffinity(0))
    assert process_spec.environment == {"TUNER_STORAGE": "sqlite:///x.db"}


def test_processes_share_the_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2, 3, 4})
    process_specs = worker_specs(OPTIONS, "sqlite:///x.db", processes=2, gpus=None)
    assert [told(process_spec)["cores"] for process_spec in process_specs] == [[0, 2, 4], [1, 3]]
    assert [process_spec.name for process_spec in process_specs] == [
        "worker 1 of 2",
        "worker 2 of 2",
    ]


def test_more_processes_than_cores_have_one_each(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {4, 7})
    process_specs = worker_specs(OPTIONS, "sqlite:///x.db", processes=3, gpus=None)
    assert [told(process_spec)["cores"] for process_spec in process_specs] == [[4], [7], [4]]


@pytest.mark.parametrize(("gpus", "chosen"), [(None, "25"), ("all", "25"), ("5", "5")])
def test_each_gpu_has_a_worker_of_those_that_we_were_given(monkeypatch, gpus, chosen):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    process_specs = worker_specs(OPTIONS, "sqlite:///x.db", processes=None, gpus=gpus)
    seen = [spec.environment["CUDA_VISIBLE_DEVICES"] for spec in process_specs]
    assert "".join(seen) == chosen
    assert process_specs[-1].name == "worker on GPU 5"


@pytest.mark.parametrize(
    ("given", "gpus", "what"), [("0", "0,3", "no GPU 3"), ("", "all", "no GPU")]
)
def test_gpus_that_are_not_there_are_refused(monkeypatch, given, gpus, what):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    with pytest.raises(TrainerError, match=f"this machine has {what} "):
        worker_specs(OPTIONS, "sqlite:///x.db", processes=None, gpus=gpus)


def test_a_password_stands_in_no_command():
    url = "postgresql+psycopg://me:secret@h/optuna"
    process_specs = [*worker_specs(OPTIONS, url, processes=1, gpus=None), syncer_spec(OPTIONS, url)]
    assert all("secret" not in " ".join(process_spec.command) for process_spec in process_specs)
    assert all(process_spec.environment["TUNER_STORAGE"] == url for process_spec in process_specs)

import hashlib
import importlib
import socket
import sys

import pytest
import torch

from tuner.color import trunk_files
from tuner.color.perceptual import PerceptualDistance
from tuner.color.trunk_files import imagenet_file

CONTENT = bytes(range(256)) * 9000


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A 'server' that is a folder, and an empty torch cache."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    digest = hashlib.sha256(CONTENT).hexdigest()[:8]
    source = tmp_path / f"alexnet-{digest}.pth"
    source.write_bytes(CONTENT)
    monkeypatch.setattr(trunk_files, "ADDRESSES", {"alex": source.as_uri()})
    return source


def test_weights_are_fetched_once_and_checked(served):
    told = []
    found = imagenet_file("alex", progress=lambda done, total: told.append((done, total)))
    assert found.path.read_bytes() == CONTENT
    assert told[-1][0] == len(CONTENT)
    served.unlink()
    assert imagenet_file("alex").path == found.path


def test_nothing_is_fetched_where_it_is_not_allowed(served):
    found = imagenet_file("alex", allow_download=False)
    assert found.path is None
    assert "nothing may be downloaded" in found.why_not


def test_what_arrives_damaged_is_thrown_away(served):
    served.write_bytes(CONTENT[:-1])
    found = imagenet_file("alex")
    assert "another checksum" in found.why_not
    assert list((served.parent / "cache").rglob("*.p*")) == []


def test_a_server_that_refuses_is_a_reason_not_an_error(served):
    served.unlink()
    assert "cannot be reached" in imagenet_file("alex").why_not


def test_a_server_that_never_answers_costs_no_more_than_the_patience(served, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/alexnet-00000000.pth"
        monkeypatch.setattr(trunk_files, "ADDRESSES", {"alex": address})
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert "cannot be reached" in imagenet_file("alex", patience=0.1).why_not


def test_a_terminal_sees_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    trunk_files._say_progress(3 << 20, 3 << 20)
    assert capsys.readouterr().err == "\rfetching LPIPS weights: 3 of 3 MiB\n"


def test_a_pipe_is_not_told(capsys):
    trunk_files._say_progress(1, 2)
    assert capsys.readouterr().err == ""


def test_the_addresses_are_those_of_torchvision():
    PerceptualDistance("squeeze", trunk="random")  # torchvision is importable from here on
    models = importlib.import_module("torchvision.models")
    theirs = {
        "alex": models.AlexNet_Weights.IMAGENET1K_V1.url,
        "vgg": models.VGG16_Weights.IMAGENET1K_V1.url,
        "squeeze": models.SqueezeNet1_1_Weights.IMAGENET1K_V1.url,
    }
    assert theirs == trunk_files.ADDRESSES

import sys

import pytest
import torch

from tuner.color import lpips_network
from tuner.errors import TrainerError


def test_a_torchvision_beyond_help_is_named(monkeypatch):
    def importing(name):
        raise RuntimeError("broken wheel")

    monkeypatch.setattr(lpips_network.importlib, "import_module", importing)
    with pytest.raises(TrainerError, match=r"LPIPS cannot be loaded \(broken wheel\); install"):
        lpips_network.import_lpips()


def test_missing_operators_are_declared_until_torchvision_imports(monkeypatch):
    missing = ["tuner_test_one", "tuner_test_two"]

    def importing(name):
        if missing:
            raise RuntimeError(f"operator torchvision::{missing.pop(0)} does not exist")

    monkeypatch.setattr(lpips_network.importlib, "import_module", importing)
    monkeypatch.setattr(lpips_network, "_forget", lambda package: None)
    lpips_network._import_torchvision()
    assert hasattr(torch.ops.torchvision, "tuner_test_two")


def test_torchvision_that_never_imports_is_given_up(monkeypatch):
    numbers = iter(range(1000))

    def importing(name):
        raise RuntimeError(f"operator torchvision::tuner_never_{next(numbers)} does not exist")

    monkeypatch.setattr(lpips_network.importlib, "import_module", importing)
    monkeypatch.setattr(lpips_network, "_forget", lambda package: None)
    with pytest.raises(TrainerError, match="tuner_never_20 does not exist"):
        lpips_network.import_lpips()


def test_halfway_imports_are_forgotten():
    sys.modules["tuner_test_package.part"] = sys
    lpips_network._forget("tuner_test_package")
    assert "tuner_test_package.part" not in sys.modules

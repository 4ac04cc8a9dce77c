import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_wheel

ROOT = Path(__file__).parents[1]


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as archive:
        yield archive


def test_the_wheel_brings_the_studies_and_the_command(wheel):
    names = set(wheel.namelist())
    assert "tuner/training/sample_network.safetensors" in names
    studies = {f"tuner/studies/{path.name}" for path in (ROOT / "studies").glob("*.yaml")}
    assert studies
    assert "tuner/studies/schema.json" in names
    assert studies < names
    assert "tuner/reporting/page/page.html.j2" in names
    assert not any(name.startswith("tests/") for name in names)
    [points] = [name for name in names if name.endswith("entry_points.txt")]
    assert wheel.read(points).decode().split("\n\n") == [
        "[console_scripts]\ntuner = tuner.cli:main",
        "[mlflow.app]\ncolorization-tuner = tuner.tracking.landing:create_app\n",
    ]

import os
import subprocess
import sys

from external_studies import ROOT, write_study


def test_a_typo_is_told_before_anything_heavy_is_loaded(tmp_path):
    write_study(tmp_path, "")
    code = (
        "import sys; from tuner.cli.commands import app\n"
        "try: app(['check', '--study', 'own.yaml', '--run'])\n"
        "except SystemExit as ended: print(ended.code)\n"
        "print(sorted({'torch', 'mlflow', 'optuna'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    study = tmp_path / "own.yaml"
    study.write_text(study.read_text().replace('"weights"', '"wieghts"'))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "(did you mean 'weights'?)" in done.stdout
    assert done.stdout.splitlines()[-2:] == ["1", "[]"]

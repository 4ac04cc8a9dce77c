from tuner.external.local_imports import module_files, with_imports


def project(home, texts):
    """Modules by their path."""
    for name, text in texts.items():
        path = home / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def reached(home, start="train.py"):
    found = with_imports([home / start], [home])
    return {path.relative_to(home).as_posix() for path in found}


def test_imports_are_followed_through_packages_and_functions(tmp_path):
    texts = {
        "train": "import json, torch\nfrom nets import unet\ndef f():\n    import late.part\n",
        "nets/__init__": "",
        "nets/unet": "from . import blocks\nfrom .deep.er import x\nfrom .. import nothing\n",
        "nets/blocks": "import train\n",
        "nets/deep/er": "x = 1\n",
        "late/part": "",
    }
    project(tmp_path, {**texts, "unused": "", "nets/unused": ""})
    assert reached(tmp_path) == {f"{name}.py" for name in texts}


def test_a_package_that_computes_names_is_taken_whole(tmp_path):
    texts = {
        "train": "import models",
        "models/__init__": "from importlib import import_module\nimport_module('models.' + 'a')",
        "models/a": "",
        "models/sub/b": "",
    }
    project(tmp_path, texts)
    assert reached(tmp_path) == {f"{name}.py" for name in texts}


def test_what_is_no_python_or_installed_is_left_alone(tmp_path):
    project(tmp_path, {"train": "def broken(", "lib/site-packages/loss": ""})
    (tmp_path / "options.yml").touch()
    assert reached(tmp_path) == {"train.py"}
    assert reached(tmp_path, "options.yml") == {"options.yml"}
    assert module_files("loss", [tmp_path / "lib" / "site-packages"]) == []

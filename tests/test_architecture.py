"""The page about the architecture says what the code says."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`?\b([a-z_]+/[a-z_/]*[a-z_]+\.py)\b", PAGE)))
NAMED = sorted(
    {
        (file, name.partition(".")[0])
        for line in PAGE.splitlines()
        for name, file in re.findall(r"`([A-Z]\w+(?:\.\w+)?|[a-z_]+)`, `([a-z_/]+\.py)`", line)
    }
)
HOPS = re.findall(r"`([a-z_/]+\.py)` \| `([\w.]+)`", PAGE)


def functions(text):
    """Functions of a module as they are, without docstrings and comments."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node):
                node.body = node.body[1:]
            found[node.name] = ast.unparse(node)
    return found


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_the_page_names_is_there(file):
    assert (ROOT / "tuner" / file).is_file()


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_word_of_the_table_is_where_the_table_says(file, name):
    assert re.search(rf"^(class |def )?{name}\b", (ROOT / "tuner" / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("file", "name"), HOPS)
def test_every_hop_of_a_trial_is_where_the_page_says(file, name):
    text = (ROOT / "tuner" / file).read_text()
    for part in name.split("."):
        assert re.search(rf"^ *(class|def) {part}\b", text, re.MULTILINE)


def test_the_loop_on_the_page_is_the_loop_of_the_code():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    loop = functions((ROOT / "tuner" / "runner" / "loop.py").read_text())
    assert functions(block).items() <= loop.items()


def test_the_picture_has_every_package():
    picture = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[0]
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    rows = layers["contracts"][0]["layers"]
    names = re.findall(r"tuner\.(\w+)", " ".join(rows))
    assert [name for name in names if name not in picture and name != "__main__"] == []


def test_every_thread_starts_where_a_lack_of_memory_is_noticed():
    named = "ThreadPoolExecutor|Timer|start_new_thread"
    threads = re.compile(rf"\bthreading\.Thread\b|import.* Thread$|\b({named})\b", re.MULTILINE)
    ours = re.compile(r"^from tuner.errors.threads import .*$", re.MULTILINE)
    door = ROOT / "tuner" / "errors" / "threads.py"
    files = set((ROOT / "tuner").rglob("*.py")) - {door}
    found = [file.name for file in files if threads.search(ours.sub("", file.read_text()))]
    assert found == []

import pytest
from my_networks import Anything, Parts, Plain

from tuner.errors import TrainerError
from tuner.training.custom.importing import blamed, brief, fitting, import_class, source_digest

KEY = "trainer.model"


def refusal(address):
    with pytest.raises(TrainerError) as refused:
        import_class(address, KEY)
    return str(refused.value)


def test_a_module_in_the_working_directory_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")  # whatever is added is taken away again
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "nets.py").write_text("class Net: pass\n")
    assert import_class("package_of_mine.nets:Net", KEY).__name__ == "Net"


def test_a_missing_module_is_named_with_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert refusal("no_such_module.nets:Net") == (
        f"trainer.model: there is no module 'no_such_module' (looked for it in '{tmp_path}' and "
        "among the installed packages)"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import no_such_dependency", "ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("class Net(", "SyntaxError: "),
        ("raise RuntimeError('line\\nother')", "RuntimeError: line)"),
    ],
)
def test_a_module_that_fails_is_a_sentence(tmp_path, monkeypatch, source, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    name = f"failing_{abs(hash(source))}"
    (tmp_path / f"{name}.py").write_text(source)
    said = refusal(f"{name}:Net")
    assert said.startswith(f"trainer.model: '{name}' cannot be imported ({told}")
    assert "\n" not in said


def test_a_missing_class_is_answered_with_the_nearest():
    assert refusal("my_networks:Plane") == (
        "trainer.model: 'my_networks' has no class 'Plane' (did you mean 'Plain'?)"
    )


def test_what_is_no_class_is_told():
    assert refusal("my_networks:NOT_A_CLASS") == (
        "trainer.model: 'my_networks:NOT_A_CLASS' is no class, it is a int"
    )


@pytest.mark.parametrize(
    ("found", "arguments", "misfit"),
    [
        (Plain, {"width": 8, "gate": False}, None),
        (Anything, {"whatever": 1}, None),
        (Plain, {"widht": 8}, ("widht", "does not know it (did you mean 'width'?)")),
        (Parts, {"restraint": 1.0}, ("", "needs 'pixel' too")),
        (object, {"width": 8}, ("width", "does not know it (it takes nothing by name)")),
    ],
)
def test_arguments_are_compared_with_the_constructor(found, arguments, misfit):
    assert fitting(found, arguments) == misfit


def test_a_digest_is_of_what_the_module_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    sources = {
        "digested_a": "class Net:\n    x = 1\n",
        "digested_b": "# a remark\nclass Net:\n    x = 1  # another\n",
        "digested_c": "class Net:\n    x = 2\n",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    first, remarked, other = (source_digest(import_class(f"{name}:Net", KEY)) for name in sources)
    assert first == remarked != other
    assert source_digest(dict) == "of unknown source"


def test_an_error_without_words_is_its_kind():
    assert brief(ValueError()) == "ValueError"
    assert brief(ValueError("a\nb")) == "ValueError: a"


def test_a_failure_is_told_of_the_class_and_a_lack_of_memory_is_not():
    with pytest.raises(TrainerError, match=r"^it fails \(KeyError: 'vgg'\)$"), blamed("it fails"):
        raise KeyError("vgg")
    with pytest.raises(MemoryError), blamed("it fails"):
        raise MemoryError

import pytest

from tuner.errors import TrainerError
from tuner.spec.own_code import allowed_code, own_code
from tuner.spec.study import StudySpec

STUDY = {"study": "s", "weights": {"a": 1.0}, "stages": [{"vary": "a", "values": [1, 2]}]}


@pytest.mark.parametrize(
    ("trainer", "kinds"),
    [
        ({}, set()),
        ({"kind": "command", "run": ["sh", "x"]}, {"command"}),
        ({"predict": ["sh", "x"]}, {"command"}),
        ({"kind": "function", "entry": "a.b:train"}, {"python"}),
        ({"model": "mine:Net"}, {"python"}),
        ({"loss": "mine:Loss"}, {"python"}),
    ],
)
def test_code_of_a_study_is_of_two_kinds(trainer, kinds):
    assert own_code(StudySpec.model_validate({**STUDY, "trainer": trainer})) == kinds


def test_an_operator_allows_kinds_by_name():
    assert allowed_code("") == frozenset()
    assert allowed_code(" command, python ") == {"command", "python"}
    with pytest.raises(TrainerError, match="--allow shell: expected command, python, or both"):
        allowed_code("command,shell")

"""Which words of a command line are values, and of what."""

import ast

import pytest

from tuner.external.proposal.call import Call
from tuner.external.proposal.script_text import ScriptText

TEXT = """\
p.add_argument("data")
p.add_argument("out", nargs="?")
p.add_argument("-e", "--epochs", type=int)
p.add_argument("--shift", type=float)
p.add_argument("--amp", action="store_true")
"""


def values(words):
    module = ast.parse(TEXT)
    return [
        name for _, name in Call(ScriptText("t.py", TEXT, module, ()), (*words.split(),)).values
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("photos", ["data"]),
        ("--amp photos there", ["", "data", "out"]),
        ("photos -e 3 there", ["data", "", "-e", "out"]),
        ("--shift -1 photos", ["", "--shift", "data"]),
        ("--epochs=3 photos", ["", "data"]),
        ("--unknown 3 photos more", ["", "--unknown", "data", "out"]),
        ("a b c", ["data", "out", ""]),
    ],
)
def test_words_are_values_of_options_and_of_positional_arguments(words, names):
    assert values(words) == names

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.spec.parsing.yaml12 import NotYaml, read, typed

STUDY = """\
study: x
stages:
  - {vary: ab_weight}
  - vary: l_weight
    values: [1,
      2]
"""


def refused(text):
    return [(line, mistake.keys, mistake.text) for line, mistake in read(text).mistakes]


def test_every_value_knows_its_line():
    document = read(STUDY)
    places = [(), ("study",), ("stages", 0, "vary"), ("stages", 1, "values", 1)]
    assert [document.line(place) for place in places] == [1, 1, 3, 6]


def test_a_missing_value_has_the_line_of_its_section():
    document = read(STUDY)
    assert document.line(("stages", 1, "min")) == 4
    assert document.line(("weights", "ab_weight")) == 1


def test_quotes_make_text():
    assert read("a: '1'\nb: \"true\"\nc: 1\n").values == {"a": "1", "b": "true", "c": 1}


def test_a_duplicate_key_is_refused_with_both_lines():
    text = "trainer:\n  steps: 3\n  kind: builtin\n  steps: 4\n"
    assert refused(text) == [(4, ("trainer", "steps"), "given twice, first in line 2")]
    assert read(text).values["trainer"]["steps"] == 3


def test_anchors_are_allowed_and_share_nothing():
    values = read("a: &start [1, 2]\nb: *start\n").values
    assert values == {"a": [1, 2], "b": [1, 2]}
    assert values["a"] is not values["b"]


@pytest.mark.parametrize(
    ("text", "tag"),
    [("a: !!python/name:os.system x", "!!python/name:os.system"), ("a: !mine [1]", "!mine")],
)
def test_tags_are_refused(text, tag):
    assert refused(text) == [(1, ("a",), f"the tag '{tag}' is not allowed; leave it out")]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("5", "the key 5 is not a text; quote it"),
        ("true", "the key true is not a text; quote it"),
        ("?\n", "the key before this colon is not a text; quote it"),
        ("? [a]\n", "a key has to be one word"),
        ("<<", "'<<' is not part of YAML 1.2; write the keys out"),
        ("!!str a", "the tag '!!str' is not allowed; leave it out"),
    ],
)
def test_a_key_is_one_plain_text(key, problem):
    assert refused(f"study: x\n{key}: 1\n")[0][::2] == (2, problem)


def test_a_value_that_contains_itself_is_refused():
    assert refused("a: &a\n  b: *a\n") == [(1, ("a", "b"), "contains itself")]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 'x\nc: 2\n", 2, "a quote that is never closed"),
        ("a:\n\tb: 2\n", 2, "a tab; indent with spaces"),
        ("a: 1\n  b: 2\n", 2, "a ':' too many; check the indentation or quote it"),
        ("a: 1\nb\nc: 2\n", 2, "a line without ':'"),
        ("a:\n  - 1\n b: 2\n", 3, "does not fit in here; check indentation, brackets and quotes"),
        ("a: [1, 2\nb: 3\n", 1, "a '[' or '{' that is not closed, or a ',' that is missing"),
        ("a: *b\n", 1, "an alias ('*') without its anchor ('&')"),
        ("a: &x 1\nb: &x 2\n", 2, "an anchor ('&') with a name that is taken"),
        ("a: 1\n---\nb: 1\n", 2, "a second document; one file holds one study"),
        ("a: @b\n", 1, "a character that cannot stand here; quote the text"),
        ("a: 1\nb: \x07\n", 2, "the character '\\x07' is not allowed"),
        ('a: "\\UFFFFFFFF"\n', 1, "a quoted text names a character that does not exist"),
        ('a: "\\q"\n', 1, "found unknown escape character 'q'"),
        ("[" * 1000, 1, "nested too deeply"),
    ],
)
def test_broken_syntax_is_told_in_plain_words_with_its_line(text, line, problem):
    with pytest.raises(NotYaml) as caught:
        read(text)
    assert (caught.value.line, caught.value.problem) == (line, problem)


def test_anchors_that_multiply_are_stopped():
    rows = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcd", "bcde", strict=True)
    ]
    with pytest.raises(NotYaml, match="more than 20000 values"):
        read("\n".join(["a: &a [1]", *rows]))


@given(st.text(alphabet="ab01:-[]{},#&*!|>'\"\\%@? \n\tU"))
def test_any_text_is_read_or_refused(text):
    try:
        line = read(text).line(("anything",))
    except NotYaml as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("300", 300),
        (" 1e-3 ", 0.001),
        ("off", "off"),
        ("[1, 2.5]", [1, 2.5]),
        ("{base_width: 8}", {"base_width": 8}),
        ("'300'", "300"),
        ("my photos #1: best", "my photos #1: best"),
        ("", None),
    ],
)
def test_a_typed_value_is_a_word_a_text_or_a_flow_collection(text, value):
    assert typed(text) == value


@pytest.mark.parametrize("text", ["[1, 2", "{a: 1, a: 2}", "'x"])
def test_a_typed_collection_can_be_wrong(text):
    with pytest.raises(NotYaml):
        typed(text)

import pytest

from tuner.errors import StorageError
from tuner.preference.answers_file import read_answers, write_answers


def test_what_was_written_is_read_again(tmp_path):
    file = tmp_path / "answers.csv"
    write_answers(file, "own", 3, 4, ["left", "same"])
    assert read_answers(file, "own", 4) == (3, {1: "left", 2: "same"})


def test_a_file_of_a_spreadsheet_is_read_too(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_bytes("\ufeffstudy;order;pair;answer\r\nown;0;2; Right \r\n;;;\r\n".encode())
    assert read_answers(file, "own", 4) == (0, {2: "right"})


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("own,0,1,lefft", "answers.csv:2: answer 'lefft' (did you mean 'left'?); allowed are"),
        ("own,0,5,left", "answers.csv:2: pair '5' (allowed: 1 to 4)"),
        ("own,0,x,left", "answers.csv:2: pair 'x' (allowed: 1 to 4)"),
        ("own,-1,1,left", "answers.csv:2: order '-1' (allowed: 0 or more)"),
        ("other,0,1,left", "answers.csv:2: this is about 'other', not about 'own'"),
        ("own,0,1,left\nown,0,1,right", "answers.csv:3: pair 1 has an answer already"),
        ("own,0,1,left\nown,1,2,left", "the order is '0' and '1'; one is meant"),
        ("own,0,1,", "no pair has an answer (allowed: 'left', 'right' and 'same')"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, lines, told):
    file = tmp_path / "answers.csv"
    file.write_text(f"study,order,pair,answer\n{lines}\n")
    with pytest.raises(StorageError) as error:
        read_answers(file, "own", 4)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"study,order,pair\n", "answers.csv:1: the column 'answer' is missing"),
        (b"\xff\xfe", "this is no text in UTF-8"),
        (b"", "is missing"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, content, told):
    file = tmp_path / "answers.csv"
    file.write_bytes(content)
    with pytest.raises(StorageError, match=told):
        read_answers(file, "own", 4)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"none\.csv: cannot be read"):
        read_answers(tmp_path / "none.csv", "own", 4)

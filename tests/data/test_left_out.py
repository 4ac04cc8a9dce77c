import pytest

from tuner.data.left_out import are_many, describe_left_out, tell_left_out
from tuner.data.survey import LeftOut
from tuner.errors import StorageError


def test_where_every_picture_is_used_nothing_is_said_or_written(tmp_path):
    assert describe_left_out([], tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_few_are_named_with_their_reasons(tmp_path):
    told = describe_left_out([LeftOut("a.png", "gray")], tmp_path)
    file = tmp_path / "left-out.txt"
    assert told == f"1 picture is left out: 'a.png' (gray); all of them, with details: {file}"


def test_many_are_counted_and_all_stand_in_the_file(tmp_path):
    many = [LeftOut(f"{number}.png", "broken", "no end") for number in range(7)]
    told = describe_left_out(many, tmp_path)
    assert told.startswith("7 pictures are left out: '0.png' (broken), ")
    assert "'4.png' (broken) and 2 more; all of them" in told
    lines = (tmp_path / "left-out.txt").read_text().splitlines()
    assert lines == [f"{number}.png: broken, no end" for number in range(7)]


@pytest.mark.parametrize(("usable", "many"), [(9, True), (10, False)])
def test_a_tenth_of_the_pictures_is_many(usable, many):
    assert are_many([LeftOut("a.png", "gray")], usable) == many


def test_few_are_a_remark_and_many_a_notice(tmp_path):
    assert tell_left_out([], 0, tmp_path) == ((), ())
    one = [LeftOut("a.png", "gray")]
    told = describe_left_out(one, tmp_path)
    assert tell_left_out(one, 10, tmp_path) == ((), (told,))
    assert tell_left_out(one, 9, tmp_path) == ((told,), ())


def test_a_folder_that_is_gone_is_refused(tmp_path):
    with pytest.raises(StorageError, match=r"left-out\.txt: cannot be written"):
        describe_left_out([LeftOut("a.png", "gray")], tmp_path / "gone")

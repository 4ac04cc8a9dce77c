import os

import pytest

from tuner.files.bounded import lines_from, read_bounded


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_only_regular_files_are_read(tmp_path, pipe):
    for place in (pipe, tmp_path):
        with pytest.raises(OSError, match=r"pipe|directory"):
            read_bounded(place, 1)
        with pytest.raises(OSError, match=r"pipe|directory"):
            next(lines_from(place, 0, 10))


def test_a_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "large").write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(OSError, match="larger than 1 MB"):
        read_bounded(tmp_path / "large", 1)
    assert len(read_bounded(tmp_path / "large", 2)) == 2**20 + 1


def test_a_long_line_comes_in_pieces(tmp_path):
    (tmp_path / "lines").write_bytes(b"ab\n" + b"c" * 7 + b"\nd")
    assert list(lines_from(tmp_path / "lines", 0, 5)) == [
        (b"ab\n", 3), (b"ccccc", 8), (b"cc\n", 11), (b"d", 12),
    ]  # fmt: skip
    assert list(lines_from(tmp_path / "lines", 8, 5)) == [(b"cc\n", 11), (b"d", 12)]

import os
from threading import Thread

import pytest

from tuner.external import output
from tuner.external.output import Output


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(output, "HEAD", 100)
    monkeypatch.setattr(output, "TAIL", 50)


def take(path, *chunks, on_line=None):
    taken = Output(path, on_line)
    ours, theirs = os.pipe()
    reader = Thread(target=taken.read_all, args=(ours,))
    reader.start()
    for chunk in chunks:
        os.write(theirs, chunk)
    os.close(theirs)
    reader.join()
    return taken


def test_a_little_is_kept_whole(tmp_path):
    taken = take(tmp_path / "log", b"one\n", b"two\n\n")
    taken.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n\n"
    assert taken.last_lines(1) == ("two",)
    assert taken.last_lines(9) == ("one", "two")


@pytest.mark.parametrize("size", [100, 101, 120, 150])
def test_what_fits_into_both_ends_is_kept_whole(tmp_path, size):
    content = bytes(65 + number % 26 for number in range(size))
    take(tmp_path / "log", content).close()
    assert (tmp_path / "log").read_bytes() == content


def test_of_a_flood_beginning_and_end_are_kept(tmp_path):
    content = b"".join(b"%06d\n" % number for number in range(3000))
    taken = take(tmp_path / "log", content)
    taken.close()
    kept = (tmp_path / "log").read_bytes()
    assert kept.startswith(content[:100] + b"\n... 20850 bytes are left out here ...\n")
    assert kept.endswith(content[-50:])
    assert len(taken._end) <= 100 + output.CHUNK
    assert taken.last_lines(2) == ("002998", "002999")


def test_lines_are_handed_on_also_those_of_a_progress_bar(tmp_path):
    heard = []
    take(tmp_path / "log", b"a\r", b"b", b"c\r\n\n\xff", on_line=heard.append).close()
    assert heard == ["a", "bc", "\ufffd"]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "LONGEST_LINE", 10)
    heard = []
    chunks = [b"x" * output.CHUNK] * 5
    take(tmp_path / "log", *chunks, b"\n", on_line=heard.append).close()
    assert len(heard[0]) <= 10 + output.CHUNK


def test_a_listener_that_fails_does_not_stop_the_reading(tmp_path):
    def fail(_line):
        raise OSError("no room")

    taken = take(tmp_path / "log", b"a\n", b"b\n", on_line=fail)
    with pytest.raises(OSError, match="no room"):
        taken.close()
    assert (tmp_path / "log").read_bytes() == b"a\nb\n"


def test_a_full_disk_does_not_stop_the_reading(tmp_path):
    (tmp_path / "log").symlink_to("/dev/full")
    taken = take(tmp_path / "log", b"a\n" * 200)
    taken.close()
    assert taken.last_lines(1) == ("a",)

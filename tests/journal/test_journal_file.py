import errno
import json
import math
import os
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_study import opened, ticking, told, trial
from small_disk import disk_of

from tuner.errors import StorageError
from tuner.journal.journal_file import JournalFile, count_entries, last_event, read_entries
from tuner.journal.line_checksum import with_checksum
from tuner.results.events import AnyEvent, CurvePoint, PictureTaken

EVENTS = [opened(), *told(trial(0), 1.4)]


AT_NO_TIME = b'{"at": "NaN", "event": "curve point", "number": 0, "step": 1, "values": {}}'


def write(folder, events=EVENTS):
    with JournalFile(folder, ticking()) as journal:
        for event in events:
            journal.append(event)
    return folder / "journal.jsonl"


def events_of(folder, offset=0):
    return [entry.event for entry in read_entries(folder, offset)]


def test_what_is_written_is_read_again(tmp_path):
    write(tmp_path)
    entries = list(read_entries(tmp_path))
    assert [entry.event for entry in entries] == EVENTS
    assert [entry.at for entry in entries[:2]] == [1_700_000_000.0, 1_700_000_001.0]


def test_every_line_is_the_event_itself_with_its_time(tmp_path):
    header, first, *_ = write(tmp_path).read_text().splitlines()
    fields = json.loads(first)
    assert json.loads(header) == {"journal": 1}
    assert fields.pop("at") == 1_700_000_000.0
    assert len(fields.pop("crc32")) == 8
    assert AnyEvent.validate_python(fields) == EVENTS[0]


def test_reading_goes_on_where_it_stopped(tmp_path):
    write(tmp_path)
    third = list(read_entries(tmp_path))[2]
    assert events_of(tmp_path, third.offset_after) == EVENTS[3:]


def test_a_reader_sees_only_whole_lines_while_another_writes(tmp_path):
    path = write(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"at": 1.0, "event": "stu')
    assert events_of(tmp_path) == EVENTS
    assert count_entries(tmp_path) == len(EVENTS)


def test_opening_again_cuts_off_a_torn_line_and_goes_on(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    write(tmp_path, [opened()])
    assert events_of(tmp_path) == [*EVENTS[:-1], opened()]


@given(cut=st.integers(min_value=0, max_value=10_000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whole_lines_survive_a_cut_at_any_byte(tmp_path, cut):
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    whole = write(tmp_path).read_bytes()
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    survivors = events_of(tmp_path)
    write(tmp_path, [opened()])
    assert survivors == EVENTS[: len(survivors)]
    assert len(survivors) == max(0, path.read_bytes().count(b"\n") - 2)
    assert events_of(tmp_path) == [*survivors, opened()]


def test_every_line_but_those_of_curves_is_written_through(tmp_path, monkeypatch):
    synced = []
    with JournalFile(tmp_path, ticking()) as journal:
        monkeypatch.setattr(os, "fsync", synced.append)
        journal.append(CurvePoint(number=0, step=1, values={"loss/total": 1.0}))
        assert not synced
        journal.append(opened())
    assert len(synced) == 1


def test_numbers_that_are_not_finite_survive_as_strict_json(tmp_path):
    values = {"a": math.nan, "b": math.inf, "c": -math.inf}
    path = write(tmp_path, [CurvePoint(number=0, step=1, values=values)])
    json.loads(path.read_text().splitlines()[1], parse_constant=pytest.fail)
    (read,) = events_of(tmp_path)
    assert math.isnan(read.values["a"])
    assert (read.values["b"], read.values["c"]) == (math.inf, -math.inf)


def test_a_study_without_a_journal_has_no_entries(tmp_path):
    assert events_of(tmp_path) == []
    assert count_entries(tmp_path) == 0
    assert last_event(tmp_path) == ""


def test_the_last_event_is_found_without_reading_everything(tmp_path):
    path = write(tmp_path)
    assert last_event(tmp_path) == "trial finished"
    path.write_bytes(path.read_bytes() + b'{"event": "torn')
    assert last_event(tmp_path) == "trial finished"
    path.write_bytes(b'{"journal": 1}\nnonsense\n')
    assert last_event(tmp_path) == ""


@pytest.mark.parametrize(
    "damage", [b"nonsense", b'{"event": "x", "at": 1}', AT_NO_TIME, b"[]", b"{}"]
)
def test_a_damaged_line_is_named(tmp_path, damage):
    path = write(tmp_path)
    lines = path.read_bytes().split(b"\n")
    lines[3] = damage
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(StorageError, match=r"journal\.jsonl:4: this line is damaged; restore"):
        events_of(tmp_path)


def test_a_line_that_another_version_wrote_is_not_called_damaged(tmp_path):
    path = write(tmp_path)
    end = path.stat().st_size
    line = b'{"at": 1.0, "event": "curve point", "number": 0, "step": 1, "values": {}, "new": 1}'
    path.write_bytes(path.read_bytes() + with_checksum(line, end))
    told = r":\d+: this line is of another version of the tuner \(curve point\.new: Extra .+\); use"
    with pytest.raises(StorageError, match=told):
        events_of(tmp_path)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_never_another_event(tmp_path, place, bit):
    path = write(tmp_path / "whole")
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    (tmp_path / "damaged").mkdir(exist_ok=True)
    (tmp_path / "damaged" / "journal.jsonl").write_bytes(content)
    path.unlink()
    with suppress(StorageError):
        assert events_of(tmp_path / "damaged") == EVENTS[: -1 if content[-1] != 10 else None]


@pytest.mark.parametrize("order", [[0, 1, 3], [0, 2, 1, 3], [0, 1, 1, 2, 3]])
def test_lines_that_are_removed_exchanged_or_doubled_are_damage(tmp_path, order):
    path = write(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[number] for number in order))
    with pytest.raises(StorageError, match=r"journal\.jsonl:\d: this line is damaged"):
        events_of(tmp_path)


def test_a_journal_from_before_there_were_checksums_is_read_and_goes_on(tmp_path):
    path = write(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    old = [json.dumps({k: v for k, v in line.items() if k != "crc32"}) for line in lines]
    path.write_text("".join(f"{line}\n" for line in old))
    write(tmp_path)
    assert events_of(tmp_path) == [*EVENTS, *EVENTS]


def test_a_journal_of_another_version_is_refused_by_reader_and_writer(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"journal": 2}\n')
    for use in (events_of, JournalFile):
        with pytest.raises(StorageError, match=r":1: a journal of version 2, but .* version 1"):
            use(tmp_path)


@pytest.mark.parametrize("text", ["shopping list\n", "shopping list", "[]\n"])
def test_some_other_file_is_refused_and_left_as_it_is(tmp_path, text):
    (tmp_path / "journal.jsonl").write_text(text)
    with pytest.raises(StorageError, match=r":1: this is not a journal of the tuner"):
        JournalFile(tmp_path)
    assert (tmp_path / "journal.jsonl").read_text() == text


def test_a_full_disk_is_told_in_one_sentence_and_the_file_stays_readable(tmp_path):
    path = write(tmp_path)
    size = path.stat().st_size
    with JournalFile(tmp_path) as journal:
        with disk_of(size + 20), pytest.raises(StorageError, match=os.strerror(errno.EFBIG)):
            journal.append(opened())
        assert path.stat().st_size == size
        journal.append(opened())
    assert events_of(tmp_path) == [*EVENTS, opened()]


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"journal cannot be written \(.+\); nothing in it"):
        JournalFile(tmp_path / "file" / "study")


def test_a_journal_that_cannot_be_read_is_told_in_one_sentence(tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(StorageError, match=r"journal\.jsonl: cannot be read \("):
        events_of(tmp_path)


def test_the_records_of_a_study_load_neither_torch_nor_mlflow_nor_optuna_nor_pandas():
    names = (
        "journal.journal_file",
        "journal.history",
        "journal.pictures",
        "reporting.story",
        "reporting.export",
    )
    code = "".join(f"import tuner.{name}\n" for name in names) + (
        "import sys\nprint({'torch', 'mlflow', 'optuna', 'pandas'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_a_name_that_is_not_utf8_comes_back(tmp_path):
    name = os.fsdecode(b"gray" + bytes([0xE9]))
    with JournalFile(tmp_path) as journal:
        journal.append(PictureTaken(number=1, step=2, name=name, path="a.png"))
    (entry,) = read_entries(tmp_path)
    assert entry.event.name == name


def test_a_pipe_is_no_journal_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "journal.jsonl")
    with pytest.raises(StorageError, match="a device or a pipe, expected a file"):
        events_of(tmp_path)
    with pytest.raises(StorageError, match="a device or a pipe, expected a file"):
        JournalFile(tmp_path)
    assert (count_entries(tmp_path), last_event(tmp_path)) == (0, "")


def test_a_line_that_is_nested_too_deeply_is_a_damaged_one(tmp_path):
    path = write(tmp_path)
    with path.open("a") as file:
        file.write("[" * 100_000 + "]" * 100_000 + "\n")
    with pytest.raises(StorageError, match="this line is damaged"):
        events_of(tmp_path)

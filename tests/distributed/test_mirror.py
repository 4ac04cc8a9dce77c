import json
import re

import pytest
from workers import Evaluations, left, serve, small_study, table_of

from tuner.distributed.journal_table import FILE
from tuner.distributed.mirror import Mirror
from tuner.distributed.studies import StudyRegistry
from tuner.distributed.study_folder import folder_of
from tuner.errors import StorageError
from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import FILE_NAME, JournalFile
from tuner.journal.workspace import MIRROR, Workspace


@pytest.fixture
def finished(url, database, workspace, tmp_path):
    """A study that was trained elsewhere, and a folder of this machine for it."""
    submission = left(small_study(), database, workspace)
    serve(url, tmp_path / "elsewhere", Evaluations())
    return folder_of(Workspace(tmp_path / "here"), submission)


def journal_of(folder):
    text = (folder / FILE_NAME).read_text()
    return re.sub(r', "crc32": "\w+"\}', "}", text).splitlines()


def test_the_journal_comes_here_as_it_is_there(finished, database):
    number = Mirror(table_of(database), finished).pull()
    lines = table_of(database).read()
    assert number == lines[-1].number
    assert journal_of(finished)[1:] == [line.text for line in lines if line.kind != FILE]
    history = read_history(finished)
    assert history.study == "small"
    assert history.finished is not None
    assert len(history.results) == sum(line.kind == "trial finished" for line in lines)


def test_what_is_here_is_not_brought_again(finished, database):
    mirror = Mirror(table_of(database), finished)
    first = mirror.pull()
    before = journal_of(finished)
    assert Mirror(table_of(database), finished).pull() == first
    assert journal_of(finished) == before


def test_files_come_before_what_is_told_of_them_and_as_they_are_now(finished, database):
    journal = table_of(database)
    journal.keep_file("pictures/a.png", b"first")
    journal.keep_file("pictures/a.png", b"second")
    Mirror(journal, finished).pull()
    assert (finished / "pictures/a.png").read_bytes() == b"second"


def test_a_path_that_leads_out_of_the_folder_is_not_followed(finished, database):
    journal = table_of(database)
    journal.keep_file("../../outside.png", b"x")
    Mirror(journal, finished).pull()
    assert not (finished / "../../outside.png").exists()


@pytest.mark.parametrize("torn", ['{"half', '{"at": 1.0, "event": "baseline finished"}\n'])
def test_killed_before_it_wrote_how_far_it_brings_the_rest_again(finished, database, torn):
    mirror = Mirror(table_of(database), finished)
    mirror.pull()
    whole, state = journal_of(finished), (finished / MIRROR).read_text()
    journal = table_of(database)
    journal.append([journal.draft(next(iter(read_events(finished))), "again")])
    with (finished / FILE_NAME).open("a") as journal:
        journal.write(torn)
    mirror.pull()
    assert journal_of(finished)[:-1] == whole
    assert json.loads((finished / MIRROR).read_text())["number"] > json.loads(state)["number"]


def read_events(folder):
    from tuner.journal.journal_file import read_entries

    return [entry.event for entry in read_entries(folder)]


def test_an_earlier_study_of_the_name_is_set_aside(database, workspace, tmp_path):
    home = Workspace(tmp_path / "here")
    first = left(small_study(), database, workspace)
    Mirror(table_of(database), folder_of(home, first)).pull()
    second = left(small_study(), database, workspace, restart=True)
    assert second.uid != first.uid
    folder = folder_of(home, second)
    assert not (folder / FILE_NAME).exists()
    assert (home.runs / "small.1" / FILE_NAME).exists()
    assert folder_of(home, StudyRegistry(database).get("small")) == folder


def test_a_study_that_was_run_without_the_storage_is_not_touched(database, workspace, tmp_path):
    submission = left(small_study(), database, workspace)
    home = Workspace(tmp_path / "here")
    JournalFile(home.make_folder("small")).close()
    with pytest.raises(StorageError, match="was run without this storage"):
        folder_of(home, submission)

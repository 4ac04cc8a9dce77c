import pytest
from sample_study import opened, ticking, told, trial

from tuner.journal.growing_journal import GrowingJournal
from tuner.journal.journal_file import JournalFile

EVENTS = [opened(), *told(trial(0), 1.4)]


@pytest.fixture
def write(tmp_path):
    def write(*events):
        with JournalFile(tmp_path, ticking()) as journal:
            for event in events:
                journal.append(event)

    return write


def events(journal):
    return [entry.event for entry in journal.read()]


def test_each_entry_is_read_once(tmp_path, write):
    write(*EVENTS[:2])
    journal = GrowingJournal(lambda: tmp_path)
    assert events(journal) == EVENTS[:2]
    write(*EVENTS[2:])
    assert events(journal) == EVENTS[2:]
    assert events(journal) == []


def test_another_journal_in_its_place_is_noticed_once_it_has_entries(tmp_path, write):
    write(*EVENTS)
    journal = GrowingJournal(lambda: tmp_path)
    assert events(journal) == EVENTS
    (tmp_path / "journal.jsonl").rename(tmp_path / "before.jsonl")
    assert events(journal) == []
    write()
    assert events(journal) == []
    write(EVENTS[0])
    assert journal.read() is None

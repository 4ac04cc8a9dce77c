from concurrent.futures import ThreadPoolExecutor

import pytest

from tuner.distributed.database import Database
from tuner.distributed.journal_table import FILE, JournalTable, TableLine, events_of, results_of
from tuner.errors import StorageError
from tuner.results import Trial, TrialResult
from tuner.results.events import BaselineFinished, CurvePoint, TrialFinished


def point(step):
    return CurvePoint(number=0, step=step, values={"loss/total": 0.5})


def finished(number, score=0.5):
    trial = Trial(weights={"ab": 1.0}, seed=1, steps=4, role="baseline", number=number)
    return TrialFinished(result=TrialResult(trial=trial, status="complete", score=score))


@pytest.fixture
def journal(database):
    return JournalTable(database, "sepia", "me", clock=lambda: 7.0)


def test_what_is_appended_is_read_in_its_order(journal):
    assert journal.append([journal.draft(point(step)) for step in range(5)]) == 5
    lines = journal.read()
    assert list(events_of(lines)) == [point(step) for step in range(5)]
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    assert journal.latest() == lines[-1].number


def test_reading_goes_on_behind_a_number_and_by_kind(journal):
    journal.append([journal.draft(point(1)), journal.draft(finished(3), "finished 3")])
    first, second = journal.read()
    assert journal.read(first.number) == [second]
    assert journal.read(kinds=["curve point"]) == [first]
    assert [result.trial.number for result in results_of([first, second])] == [3]
    assert journal.read(second.number) == []


def test_of_equal_keys_the_first_stays(journal, database):
    other = JournalTable(database, "sepia", "other")
    assert journal.append([journal.draft(finished(3, 0.1), "finished 3")]) == 1
    assert other.append([other.draft(finished(3, 0.9), "finished 3")]) == 0
    assert [result.score for result in results_of(journal.read())] == [0.1]


def test_a_line_of_another_version_is_named():
    line = TableLine(7, "curve point", '{"at": 1, "event": "curve point", "novelty": 1}')
    told = r"storage: line 7 .+ of another version of the tuner \(curve point\.number: .+\); .+ use"
    with pytest.raises(StorageError, match=told):
        list(events_of([line]))


def test_a_draft_that_is_sent_again_is_there_once(journal):
    drafts = [journal.draft(point(1)), journal.draft(point(2))]
    assert (journal.append(drafts), journal.append(drafts)) == (2, 0)
    assert len(journal.read()) == 2


def test_studies_keep_apart(journal, database):
    JournalTable(database, "gray", "me").append(
        [journal.draft(BaselineFinished(noise=None), "baseline")]
    )
    assert journal.read() == []
    assert journal.append([journal.draft(BaselineFinished(noise=None), "baseline")]) == 1


def test_a_file_is_kept_as_it_was_last_and_named_in_a_line(journal):
    journal.keep_file("pictures/a.png", b"first")
    journal.keep_file("pictures/a.png", b"second")
    assert journal.file("pictures/a.png") == b"second"
    assert journal.file("pictures/b.png") is None
    assert [(line.kind, line.text) for line in journal.read()] == [(FILE, "pictures/a.png")] * 2


def test_a_reader_up_to_a_number_misses_nothing_before_it(database):
    """Lines become visible in the order of their numbers, however many append at once."""

    def write(writer):
        with Database(database.url) as mine:
            journal = JournalTable(mine, "sepia", f"writer {writer}")
            for step in range(20):
                journal.append([journal.draft(point(step)), journal.draft(point(step))])

    seen, reader = [], JournalTable(database, "sepia", "reader")
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, writer) for writer in range(4)]
        while not all(task.done() for task in writing):
            seen += reader.read(seen[-1].number if seen else 0)
    assert [task.result() for task in writing] == [None] * 4
    seen += reader.read(seen[-1].number if seen else 0)
    assert seen == reader.read()
    assert len(seen) == 160

from concurrent.futures import ThreadPoolExecutor

import pytest

from tuner.events import BaselineFinished, CurvePoint, TrialFinished
from tuner.results import Trial, TrialResult
from tuner.sharing.database import Database
from tuner.sharing.ledger import FILE, Ledger, events_of, results_of


def point(step):
    return CurvePoint(number=0, step=step, values={"loss/total": 0.5})


def finished(number, score=0.5):
    trial = Trial(weights={"ab": 1.0}, seed=1, steps=4, role="baseline", number=number)
    return TrialFinished(result=TrialResult(trial=trial, status="complete", score=score))


@pytest.fixture
def ledger(database):
    return Ledger(database, "sepia", "me", clock=lambda: 7.0)


def test_what_is_appended_is_read_in_its_order(ledger):
    assert ledger.append([ledger.draft(point(step)) for step in range(5)]) == 5
    lines = ledger.read()
    assert list(events_of(lines)) == [point(step) for step in range(5)]
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    assert ledger.latest() == lines[-1].number


def test_reading_goes_on_behind_a_number_and_by_kind(ledger):
    ledger.append([ledger.draft(point(1)), ledger.draft(finished(3), "finished 3")])
    first, second = ledger.read()
    assert ledger.read(first.number) == [second]
    assert ledger.read(kinds=["curve point"]) == [first]
    assert [result.trial.number for result in results_of([first, second])] == [3]
    assert ledger.read(second.number) == []


def test_of_equal_keys_the_first_stays(ledger, database):
    other = Ledger(database, "sepia", "other")
    assert ledger.append([ledger.draft(finished(3, 0.1), "finished 3")]) == 1
    assert other.append([other.draft(finished(3, 0.9), "finished 3")]) == 0
    assert [result.score for result in results_of(ledger.read())] == [0.1]


def test_a_draft_that_is_sent_again_is_there_once(ledger):
    drafts = [ledger.draft(point(1)), ledger.draft(point(2))]
    assert (ledger.append(drafts), ledger.append(drafts)) == (2, 0)
    assert len(ledger.read()) == 2


def test_studies_keep_apart(ledger, database):
    Ledger(database, "gray", "me").append([ledger.draft(BaselineFinished(noise=None), "baseline")])
    assert ledger.read() == []
    assert ledger.append([ledger.draft(BaselineFinished(noise=None), "baseline")]) == 1


def test_a_file_is_kept_as_it_was_last_and_named_in_a_line(ledger):
    ledger.keep_file("pictures/a.png", b"first")
    ledger.keep_file("pictures/a.png", b"second")
    assert ledger.file("pictures/a.png") == b"second"
    assert ledger.file("pictures/b.png") is None
    assert [(line.kind, line.text) for line in ledger.read()] == [(FILE, "pictures/a.png")] * 2


def test_whoever_has_read_up_to_a_number_misses_nothing_before_it(database):
    """Lines become visible in the order of their numbers, however many append at once."""

    def write(writer):
        with Database(database.url) as mine:
            ledger = Ledger(mine, "sepia", f"writer {writer}")
            for step in range(20):
                ledger.append([ledger.draft(point(step)), ledger.draft(point(step))])

    seen, reader = [], Ledger(database, "sepia", "reader")
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, writer) for writer in range(4)]
        while not all(task.done() for task in writing):
            seen += reader.read(seen[-1].number if seen else 0)
    assert [task.result() for task in writing] == [None] * 4
    seen += reader.read(seen[-1].number if seen else 0)
    assert seen == reader.read()
    assert len(seen) == 160

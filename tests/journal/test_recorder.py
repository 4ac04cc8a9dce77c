from concurrent.futures import ThreadPoolExecutor

import pytest
from sample_study import opened, trial

from tuner.errors import RecordInterrupted, is_lack_of_memory
from tuner.journal.journal_file import JournalFile, read_entries
from tuner.journal.journals import FileJournal, MemoryJournal
from tuner.journal.recorder import Recorder
from tuner.results import Noise, TrialResult
from tuner.results.events import BaselineFinished, CurvePoint, TrialFinished


def point(step, number=0):
    return CurvePoint(number=number, step=step, values={"loss/total": 1.0})


def events(folder):
    return [entry.event for entry in read_entries(folder)]


def test_a_run_that_tells_nothing_leaves_nothing(tmp_path):
    heard = []
    with Recorder(FileJournal(tmp_path), opened(), heard.append) as tell:
        assert not tell.opened
    assert heard == []
    assert list(tmp_path.iterdir()) == []


def test_the_opening_is_told_before_anything_else_and_once(tmp_path):
    heard = []
    with Recorder(FileJournal(tmp_path), opened(), heard.append) as tell:
        tell(point(1))
        tell(point(2))
        assert tell.opened
    assert heard == events(tmp_path) == [opened(), point(1), point(2)]


def test_the_journal_has_an_event_before_any_listener_hears_it(tmp_path):
    def first(event):
        order.append("first")
        assert events(tmp_path)[-1] == event

    order = []
    with Recorder(
        FileJournal(tmp_path), opened(), first, lambda event: order.append("second")
    ) as tell:
        tell(point(1))
    assert order == ["first", "second"] * 2


def test_what_a_listener_does_not_survive_is_in_the_journal(tmp_path):
    def broken(event):
        if event == point(1):
            raise BrokenPipeError

    with Recorder(FileJournal(tmp_path), opened(), broken) as tell, pytest.raises(BrokenPipeError):
        tell(point(1))
    assert events(tmp_path) == [opened(), point(1)]


def test_another_run_goes_on_in_the_same_journal(tmp_path):
    for step in (1, 2):
        with Recorder(FileJournal(tmp_path), opened()) as tell:
            tell(point(step))
    assert events(tmp_path) == [opened(), point(1), opened(), point(2)]


def test_threads_may_tell_at_once(tmp_path):
    heard = []
    with (
        Recorder(FileJournal(tmp_path), opened(), heard.append) as tell,
        ThreadPoolExecutor(8) as threads,
    ):
        list(threads.map(tell, [point(step, number) for step in range(25) for number in range(8)]))
    assert events(tmp_path) == heard
    assert heard[0] == opened()
    assert len(heard) == 201


def test_the_journal_is_closed_at_the_end(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(JournalFile, "close", lambda journal: closed.append(journal._file.close()))
    with Recorder(FileJournal(tmp_path), opened()) as tell:
        tell(point(1))
    assert closed == [None]


@pytest.mark.parametrize("journal", [MemoryJournal, FileJournal])
def test_a_conclusion_is_recorded_once(tmp_path, journal):
    heard, baseline = [], BaselineFinished(noise=None)
    made = journal(tmp_path) if journal is FileJournal else journal()
    with Recorder(made, opened(), heard.append) as record:
        assert record.append_once(baseline)
        assert record.has(baseline)
        assert not record.append_once(baseline)
    assert heard == [opened(), baseline]


def test_a_conclusion_of_an_earlier_run_is_not_recorded_again_and_opens_nothing(tmp_path):
    noise = Noise(sd=0.1, degrees=2, spread=0.2)
    with Recorder(FileJournal(tmp_path), opened()) as record:
        record.append_once(BaselineFinished(noise=noise))
    with Recorder(FileJournal.read(tmp_path), opened()) as record:
        assert not record.append_once(BaselineFinished(noise=noise))
        assert not record.opened
    assert len(events(tmp_path)) == 2


def test_results_are_those_of_all_runs_in_the_order_of_their_numbers(tmp_path):
    def result(number):
        return TrialResult(trial=trial(number), status="complete", score=0.5)

    for number in (2, 0):
        with Recorder(FileJournal.read(tmp_path), opened()) as record:
            record(TrialFinished(result=result(number)))
    assert FileJournal.read(tmp_path).results() == (result(0), result(2))


def test_a_lack_of_memory_while_recording_is_not_taken_for_one_of_the_training(tmp_path):
    def broken(event):
        if event == point(1):
            raise MemoryError

    with Recorder(FileJournal(tmp_path), opened(), broken) as tell:
        with pytest.raises(RecordInterrupted) as raised:
            tell(point(1))
        assert is_lack_of_memory(raised.value)
        assert not isinstance(raised.value, MemoryError | RuntimeError)  # which are tried again
    assert events(tmp_path) == [opened(), point(1)]

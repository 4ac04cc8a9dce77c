import pytest
from sample_study import opened, record, told, trial

from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import read_entries
from tuner.tracking.batcher import MetricBatcher
from tuner.tracking.client import KnownRun
from tuner.tracking.writer import MlflowWriter


class Recorded:
    """What would be sent to MLflow, by run."""

    experiment_id = "1"

    def __init__(self, named_before):
        self._before = named_before
        self.keys = {}

    def ensure(self, number, *_):
        return KnownRun(str(number), "RUNNING", None, False, {}, False, self._before)

    def find(self, number):
        return self.ensure(number)

    def send(self, run, points, _parameters, _tags):
        self.keys.setdefault(run.run_id, []).extend(point.key for point in points)

    def __getattr__(self, name):
        return lambda *_: None


@pytest.mark.parametrize("before", [False, True])
def test_numbers_that_mlflow_has_by_an_earlier_name_are_not_sent_again(tmp_path, before):
    folder = record(tmp_path / "sepia-fix", [opened(), *told(trial(0), 1.4)])
    history, entries = read_history(folder), list(read_entries(folder))
    tracking = Recorded(before)
    updates = MetricBatcher().sort(entries, history)
    MlflowWriter(tracking, folder, history, alive=False).send(entries, updates)
    once = {key for key in tracking.keys["0"] if key.startswith("summary/")}
    assert once == (set() if before else {"summary/lpips", "summary/cast", "summary/seconds"})
    assert {"score", "gain", "loss/total"} <= set(tracking.keys["0"])

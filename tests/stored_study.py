"""The loop of a study whose trials are in Optuna, with a function that trains."""

from contextlib import nullcontext

from tuner.journal.journals import MemoryJournal
from tuner.results.events import TrialFinished
from tuner.runner.loop import advance, run_to_end
from tuner.search.judged_stages import JudgedStages
from tuner.search.optuna_store import TrialStore
from tuner.search.pruner import clearly_behind


class Run:
    """A study that is run; `train(trials)` returns results, `train.prune` may be set.

    What `train` has recorded in `train.known` when it was killed is what a journal would have.
    """

    def __init__(self, plan, train, url=None, known=None, make_ready=lambda: None):
        self.plan = plan
        self.store = TrialStore(plan, url, {}, known or {}, make_ready)
        self.reporter = self
        self.journal = MemoryJournal()
        self.judgements = []
        self._train = train
        self.judged = JudgedStages()
        self.used = {}
        for result in (known or {}).values():
            self.journal.append(TrialFinished(result=result))

    def results(self):
        return self.journal.results()

    def prune(self, running):
        if not self.plan.prune:
            return {}
        return clearly_behind(running, self.results(), self.plan.weights)

    def trainer(self):
        return self

    def train(self, trials, prune):
        results = self._train(trials)
        for result in results:
            self.journal.append(TrialFinished(result=result))
        return results

    def record(self, judgements):
        self.judgements = judgements

    def draw(self):
        return nullcontext()

    def conclude(self, found, used):
        assert found.best
        assert {*used} <= {result.trial.number for result in self.results()}

    def to_end(self):
        return run_to_end(self)

    def advance(self):
        return advance(self)

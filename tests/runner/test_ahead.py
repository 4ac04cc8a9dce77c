import random
from itertools import islice
from math import log

import pytest

from tuner.display.console import open_display
from tuner.guide.golden_rule import RATIO
from tuner.journal.journals import MemoryJournal
from tuner.journal.recorder import Recorder
from tuner.results import ON_THE_WAY, Evaluation, RunningTrial, TrialResult
from tuner.results.events import StudyFinished, TrainingPrepared, TrialFinished, TrialStarted
from tuner.runner.lifecycle import opening_event
from tuner.runner.run import _run
from tuner.search.result_cache import training_key
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

SPEC = StudySpec(
    study="idle",
    weights={"l1": 10.0, "gan": 1.0, "ssim": 1.0},
    stages=[
        {"vary": "l1", "times": [2, 4]},
        {"vary": "gan", "values": [0.3, 0.5, 3]},
        {"vary": "ssim", "times": [0.5, 2]},
    ],
    trainer={"steps": 80},
    repeats={"baseline": 3, "decide": 3, "confirm": 4},
)


class Trainer:
    """Trains on so many cores; scores depend on weights and seed, and trials may leave early."""

    def __init__(self, cores, surface, record, unready=()):
        self.cores, self.surface, self.record, self.unready = cores, surface, record, unready
        self.rounds = []

    def make_ready(self):
        if not self.rounds:
            self.record(TrainingPrepared(facts={"trainer": "evaluate"}))

    def beside(self, asked, likely):
        ready = (trial for trial in likely if trial.seed not in self.unready)
        return [*islice(ready, max(0, self.cores - len(asked)))]

    def train(self, trials, prune):
        self.rounds.append(list(trials))
        for trial in trials:
            self.record(TrialStarted(trial=trial))
        results = [self._result(trial, prune) for trial in trials]
        for result in results:
            self.record(TrialFinished(result=result))
        return results

    def _result(self, trial, prune):
        chance = random.Random(f"{self.surface}{sorted(trial.weights.items())}{trial.seed}")
        best = random.Random(self.surface)
        targets = {name: value * best.choice([0.2, 1, 4]) for name, value in SPEC.weights.items()}
        far = sum(log(trial.weights[name] / targets[name]) ** 2 for name in targets)
        final = far / 4 + trial.seed / 100 + chance.gauss(0, 0.05)
        seen = []
        for share in ON_THE_WAY:
            step = round(share * trial.steps)
            score = final + 1 - share + chance.gauss(0, 0.02)
            seen.append(Evaluation(step=step, score=score, ab_slope=1.0))
            reasons = prune([RunningTrial(trial=trial, evaluations=tuple(seen))])
            if reasons:
                why = reasons[trial.number]
                return TrialResult(
                    trial=trial, status="pruned", score=None, reason=why, evaluations=tuple(seen)
                )
        ratio = {RATIO: 9.0 + trial.seed}
        return TrialResult(
            trial=trial, status="complete", score=final, evaluations=tuple(seen), measures=ratio
        )


def studied(cores, surface, *, fresh=True):
    """What was found, everything that was told, and the rounds of trainings.

    `fresh`: whether the fresh seeds have a network to start from before they are asked for.
    """
    plan, told = make_plan(SPEC), []
    opening = opening_event(SPEC, plan, "idle")
    with Recorder(MemoryJournal(), opening, told.append) as recorder:
        unready = () if fresh else plan.confirm_seeds
        trainer = Trainer(cores, surface, recorder, unready)
        found = _run(SPEC, plan, recorder, trainer)
    return found, told, trainer.rounds


def verdicts(told):
    """Everything that was judged, in order, without what was trained in vain."""
    left_out = ("study opened", "training prepared", "trial started", "trial finished")
    judged = [event for event in told if event.event not in left_out]
    return [
        event.model_copy(update={"not_needed": ()}) if isinstance(event, StudyFinished) else event
        for event in judged
    ]


@pytest.mark.parametrize("surface", range(6))
def test_what_idle_cores_train_ahead_changes_no_verdict(surface):
    alone, told_alone, rounds = studied(1, surface)
    beside, told, fuller = studied(4, surface, fresh=surface % 2 == 0)
    assert verdicts(told) == verdicts(told_alone)
    assert beside.best_weights == alone.best_weights
    assert len(fuller) <= len(rounds)
    asked = {training_key(result.trial): result for result in alone.results}
    trained = {training_key(result.trial): result for result in beside.results}
    assert len(trained) == len(beside.results)
    ahead = [result.trial for result in beside.results if result.trial.ahead]
    assert ahead
    for key, result in asked.items():
        assert (trained[key].status, trained[key].score) == (result.status, result.score)
    in_vain = {trained[key].trial.number for key in trained.keys() - asked.keys()}
    assert {*told[-1].not_needed} == in_vain <= {trial.number for trial in ahead}


def said_at_the_end(told, capsys):
    """The closing lines, without the one on what was trained ahead."""
    with open_display(make_plan(SPEC)) as display:
        for event in told:
            display(event)
    closing = capsys.readouterr().out.rpartition("\n\n")[2]
    return [line for line in closing.splitlines() if "Trained ahead" not in line]


def test_what_was_trained_in_vain_changes_nothing_that_is_said_at_the_end(capsys):
    alone, beside = (studied(cores, 4)[1] for cores in (1, 4))
    assert beside[-1].not_needed
    assert said_at_the_end(beside, capsys) == said_at_the_end(alone, capsys)


def test_no_round_is_larger_than_the_cores_because_of_it():
    _, _, rounds = studied(4, 0)
    asked = [[trial for trial in trials if not trial.ahead] for trials in rounds]
    assert all(asked)
    assert all(len(a) == len(b) for a, b in zip(asked, rounds, strict=True) if len(a) >= 4)
    assert max(len(a) + 1 for a, b in zip(asked, rounds, strict=True) if len(a) < len(b)) <= 4


def test_values_beyond_an_edge_are_trained_two_at_a_time():
    one_by_one, in_twos = (studied(cores, 2, fresh=False)[2] for cores in (1, 2))
    alone = [[trial for trial in some if not trial.ahead] for some in in_twos]
    pairs = [
        (some[0].weights, some[1].weights)
        for some, asked in zip(in_twos, alone, strict=True)
        if len(asked) == 1 and asked[0].role == "candidate"
    ]
    beyond = [(name, first[name], then[name]) for first, then in pairs for name in first]
    assert {("l1", 5.0, 2.5), ("gan", 0.18, 0.108)} <= {*beyond}
    assert len(in_twos) < len(one_by_one)


def test_the_console_says_what_was_trained_ahead_and_whether_it_was_used(capsys):
    _, told, _ = studied(4, 0)
    with open_display(make_plan(SPEC)) as display:
        for event in told:
            display(event)
    shown = capsys.readouterr().out
    ahead = sum(event.event == "trial finished" and event.result.trial.ahead for event in told)
    used = ahead - len(told[-1].not_needed)
    assert shown.count("; trained ahead") == ahead
    assert f"Trained ahead on cores that would have idled: {ahead} trials, {used} used" in shown

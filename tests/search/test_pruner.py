from math import nan, sqrt

import optuna
import pytest
from optuna.trial import TrialState
from scipy import stats
from stored_study import Run

from tuner.results import Evaluation, RunningTrial, Trial, TrialResult
from tuner.search.pruner import clearly_behind, forecasts
from tuner.search.sampler import OneWeightAtATimeSampler

START = {"ab": 1.0, "sat": 1.0}
STEPS = 100


def trial(number=50, seed=1, stage=2, role="candidate", varied="sat", **weights):
    return Trial(
        weights={**START, **weights}, seed=seed, steps=STEPS, role=role, stage=stage,
        varied=varied, number=number,
    )  # fmt: skip


def looks(half, end=None):
    seen = [Evaluation(step=50, score=half, ab_slope=0.5)]
    return (
        (*seen, Evaluation(step=STEPS, score=end, ab_slope=0.5)) if end is not None else tuple(seen)
    )


def finished(half, end, status="complete", **asked):
    score = None if status == "diverged" else end
    return TrialResult(
        trial=trial(**{"stage": 1, "varied": "ab", **asked}),
        status=status, score=score, evaluations=looks(half, end),
    )  # fmt: skip


def running_trial(half, **asked):
    return RunningTrial(trial=trial(**asked), evaluations=looks(half))


EARLIER = [
    finished(1.00, 0.90, number=0, seed=1, stage=0, varied=None),
    finished(1.02, 0.93, number=1, seed=2, stage=0, varied=None),
    finished(0.97, 0.86, number=2, seed=3, stage=0, varied=None),
    finished(0.90, 0.81, number=3, seed=1, ab=2.0),
    finished(0.95, 0.84, number=4, seed=2, ab=2.0),
    finished(0.89, 0.80, number=5, seed=3, ab=2.0),
    finished(0.85, 0.72, number=6, seed=1, ab=4.0),
    finished(0.88, 0.80, number=7, seed=2, ab=4.0),
    finished(0.84, 0.74, number=8, seed=3, ab=4.0),
]


def margin():
    """By hand: Student's quantile times the root of both variances, and a third for the leader."""
    halves = [[1.00, 1.02, 0.97], [0.90, 0.95, 0.89], [0.85, 0.88, 0.84]]
    rows = [sum(row) / 3 for row in halves]
    columns = [sum(column) / 3 for column in zip(*halves, strict=True)]
    mean = sum(rows) / 3
    noise = sum(
        (halves[w][s] - rows[w] - columns[s] + mean) ** 2 for w in range(3) for s in range(3)
    )
    ways = [[-0.10, -0.09, -0.13], [-0.09, -0.11, -0.08], [-0.11, -0.09, -0.10]]  # by seed
    drift = sum((way - sum(row) / 3) ** 2 for row in ways for way in row)
    return stats.t.ppf(0.9, 4) * sqrt((drift / 6 + noise / 4) * (1 + 1 / 3))


EXPECTED = 2.57 / 3 + 2.75 / 3 - 8.30 / 9
"""Of ab=4 on seed 1: the mean of its seeds, and by how much this seed differs from the others."""


def behind(*running, known=EARLIER):
    return clearly_behind(running, known, START)


def test_a_trial_further_behind_than_noise_explains_is_stopped():
    inside = running_trial(EXPECTED + margin() - 1e-6, ab=4.0, sat=2.0)
    assert behind(inside) == {}
    outside = running_trial(EXPECTED + margin() + 1e-6, ab=4.0, sat=3.0)
    assert behind(inside, outside) == {
        50: f"stopped at step 50 of 100: {margin():.3f} worse than sat=1 (mean of 3 seeds); it "
        f"could recover at most {margin():.3f}"
    }


def test_a_leader_is_not_believed_on_one_seed():
    leader = running_trial(0.2, number=51, ab=4.0, sat=0.5)
    once = finished(0.2, 0.1, number=53, ab=4.0, sat=0.25)
    late = running_trial(0.86, number=52, ab=4.0, sat=2.0)
    assert behind(leader, late, known=[*EARLIER, once]) == {}
    again = finished(0.2, 0.1, number=54, ab=4.0, sat=0.25, seed=2)
    assert list(behind(leader, late, known=[*EARLIER, once, again])) == [52]


def test_a_lucky_training_of_the_start_does_not_make_others_leave():
    """Its mean over seeds counts, so that all are compared with what is expected."""
    lucky = [one if one is not EARLIER[6] else finished(0.70, 0.72, number=6, seed=1, ab=4.0)
             for one in EARLIER]  # fmt: skip
    assert behind(running_trial(0.86, ab=4.0, sat=2.0), known=lucky) == {}


def test_only_the_varied_weight_may_differ_from_the_leader_on_known_seeds():
    others = [finished(0.2, 0.1, number=51 + seed, ab=2.0, sat=0.5, seed=seed) for seed in (1, 2)]
    late = running_trial(0.86, ab=4.0, sat=2.0)
    assert behind(late, known=[*EARLIER, *others]) == {}
    assert behind(running_trial(9.0, ab=4.0, sat=2.0, seed=7)) == {}  # unlike any known seed


@pytest.mark.parametrize("role", ["baseline", "repeat", "confirmation", "rival"])
def test_what_decides_never_leaves(role):
    assert behind(running_trial(9.0, ab=4.0, sat=2.0, role=role)) == {}


def test_combined_trials_are_compared_with_the_best_weights_before():
    first = running_trial(0.86, number=60, role="combination", varied=None, stage=5, ab=3.0)
    second = running_trial(1.2, number=61, role="combination", varied=None, stage=5, sat=3.0)
    reasons = behind(first, second)
    assert list(reasons) == [61]
    assert "worse than the weights before (mean of 3 seeds)" in reasons[61]


def test_the_first_stage_ends_no_trial_early():
    first = [running_trial(0.5, number=1, stage=1), running_trial(5.0, number=2, stage=1, sat=2.0)]
    assert behind(*first, known=EARLIER[:3]) == {}


def test_results_of_the_same_stage_do_not_move_the_margin():
    """Or a study that was killed and taken up again might lose others."""
    late = running_trial(EXPECTED + margin() + 1e-6, ab=4.0, sat=3.0)
    same = [finished(0.9, 2.0, number=20 + n, stage=2, varied="sat", sat=0.1 * n, seed=3)
            for n in range(1, 5)]  # fmt: skip
    assert behind(late, known=[*EARLIER, *same]) == behind(late)


def test_too_few_trials_tell_nothing():
    assert behind(running_trial(9.0, ab=2.0, sat=2.0), known=EARLIER[:4]) == {}
    unpaired = [one for one in EARLIER if one.trial.seed == 1]
    assert behind(running_trial(9.0, ab=2.0, sat=2.0), known=unpaired) == {}


def test_what_is_no_number_neither_leads_nor_leaves():
    assert behind(running_trial(nan, number=51, ab=4.0, sat=2.0)) == {}


def test_a_forecast_goes_the_way_of_its_seed():
    gone = TrialResult(
        trial=trial(ab=4.0, sat=3.0, seed=2), status="pruned", score=None, evaluations=looks(1.5)
    )
    ways = (0.93 - 1.02, 0.84 - 0.95, 0.80 - 0.88)
    [(asked, score)] = forecasts([*EARLIER, gone])
    assert asked == gone.trial
    assert score == pytest.approx(1.5 + sum(ways) / 3)
    assert list(forecasts([gone])) == []


# a whole study


class Steps:
    """Trains in two halves, and asks half way who leaves."""

    def __init__(self):
        self.run = None
        self.trained = []

    def score(self, asked):
        dice = (129.898 * asked.weights["ab"] + 78.233 * asked.weights["sat"] * asked.seed) % 1
        bowl = sum((weight - 2.0) ** 2 for weight in asked.weights.values())
        return 0.5 + 0.1 * bowl + 0.02 * dice + 0.01 * asked.seed

    def __call__(self, trials):
        running = [
            RunningTrial(
                trial=one,
                evaluations=(
                    Evaluation(step=one.steps // 2, score=1 + self.score(one), ab_slope=0.5),
                ),
            )
            for one in trials
        ]
        leaving = self.run.prune(running)
        self.trained += [one.number for one in trials]
        return [self.result(one, leaving) for one in running]

    def result(self, one, leaving):
        number = one.trial.number
        if number in leaving:
            return TrialResult(
                trial=one.trial,
                status="pruned",
                score=None,
                reason=leaving[number],
                evaluations=one.evaluations,
            )
        end = Evaluation(step=one.trial.steps, score=self.score(one.trial), ab_slope=0.5)
        return TrialResult(
            trial=one.trial, status="complete", score=end.score, evaluations=(*one.evaluations, end)
        )


STAGES = (
    {"vary": "ab", "values": [1.5, 2.0, 3.0]},
    {"vary": "sat", "values": [1.5, 2.0, 8.0, 12.0]},
)


def studied(plan):
    steps = Steps()
    steps.run = Run(plan, steps)
    return steps.run.to_end(), steps.run


def test_a_study_that_loses_losers_finds_the_same(plan_of):
    whole, full = studied(plan_of(*STAGES, prune=False))
    found, run = studied(plan_of(*STAGES))
    lost = [one for one in run.results() if one.status == "pruned"]
    assert {one.trial.weights["sat"] for one in lost} >= {8.0, 12.0}
    assert {one.trial.stage for one in lost} == {2}
    assert found.best == whole.best
    assert found.confirmation == whole.confirmation
    assert not any(one.status == "pruned" for one in full.results())


def test_optuna_sees_them_as_pruned_with_what_was_seen(plan_of):
    _, run = studied(plan_of(*STAGES))
    lost = [one for one in run.results() if one.status == "pruned"]
    for one in lost:
        stored = run.store.study.trials[one.trial.number]
        assert stored.state == TrialState.PRUNED
        assert stored.intermediate_values == {one.evaluations[0].step: one.evaluations[0].score}
        assert stored.user_attrs["reason"] == one.reason
    whole = run.store.study.trials[0]
    assert whole.state == TrialState.COMPLETE
    assert whole.intermediate_values[whole.last_step] == whole.value


def test_a_study_of_optuna_may_prune_itself():
    sampler = OneWeightAtATimeSampler(START, list(STAGES), combination=0)
    study = optuna.create_study(sampler=sampler)

    def objective(asked):
        weights = {name: asked.suggest_float(name, 0.01, 100) for name in START}
        if weights["sat"] > 5:
            raise optuna.TrialPruned
        return 0.5 + sum((weight - 2.0) ** 2 for weight in weights.values())

    study.optimize(objective)
    assert sampler.findings(study).best == {"ab": 2.0, "sat": 2.0}
    assert TrialState.PRUNED in {one.state for one in study.trials}

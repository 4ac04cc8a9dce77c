import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuner.results import Guardrail, Trial, TrialResult
from tuner.search.guardrails import GuardedTrainings, claimed_guardrails, with_guardrails
from tuner.search.procedure import replay, run_procedure

PSNR = Guardrail("psnr", "fall", 0.1)
GUARDED = {"guardrails": {"metrics": {"psnr": {"may_fall": 0.1}}}}
STAGES = ({"vary": "ab", "values": [2, 4]}, {"vary": "sat", "values": [0.5, 2]})


def trained(ab, seed, psnr, score=0.5, steps=100, role="candidate"):
    trial = Trial(weights={"ab": ab, "sat": 1.0}, seed=seed, steps=steps, role=role)
    return TrialResult(trial=trial, status="complete", score=score, measures={"psnr": psnr})


class Numbers:
    """Stands in for training: `of(weights, seed)` are score and psnr."""

    def __init__(self, of):
        self.of, self.trials = of, []

    def __call__(self, trials):
        self.trials += trials
        return [self.result(trial) for trial in trials]

    def result(self, trial):
        score, psnr = self.of(trial.weights, trial.seed)
        return TrialResult(
            trial=trial, status="complete", score=score, measures={"psnr": float(psnr)}
        )


def scattered(*, loss, noise=0.01):
    """A score that falls with each weight, at a price in psnr."""

    def of(weights, seed):
        random = np.random.default_rng([seed, *(round(1e4 * value) for value in weights.values())])
        size = np.log(weights["ab"]) + np.log(weights["sat"])
        score = 1 - 0.1 * size + seed / 50 + random.normal(0, noise)
        return float(score), 24 - loss * size + seed / 10 + random.normal(0, noise)

    return of


def test_the_fall_is_measured_on_the_seeds_that_both_sides_share(plan_of):
    results = [
        trained(1.0, 1, 24.0), trained(1.0, 2, 25.0), trained(2.0, 2, 24.7), trained(2.0, 3, 9.0),
    ]  # fmt: skip
    [check] = GuardedTrainings(plan_of(**GUARDED), results).broken({"ab": 2.0, "sat": 1.0})
    assert (check.before, check.after) == (25.0, 24.7)
    assert check.moved == pytest.approx(0.3)


@pytest.mark.parametrize(("psnr", "broken"), [(23.9, False), (23.899, True), (25.0, False)])
def test_exactly_what_is_allowed_is_allowed(plan_of, psnr, broken):
    results = [trained(1.0, 1, 24.0), trained(2.0, 1, psnr)]
    found = GuardedTrainings(plan_of(**GUARDED), results).broken({"ab": 2.0, "sat": 1.0})
    assert bool(found) == broken


def test_the_noise_of_the_claim_is_kept_in_reserve_but_at_most_half(plan_of):
    falls = [0.04, 0.05, 0.06]
    results = [trained(1.0, seed, 24.0 + seed) for seed in range(3)]
    results += [trained(2.0, seed, 24.0 + seed - fall) for seed, fall in enumerate(falls)]
    broken = GuardedTrainings(plan_of(**GUARDED), results).broken({"ab": 2.0, "sat": 1.0})
    assert not broken  # 0.05 and 0.018 of reserve are below 0.1
    close = [trained(4.0, seed, 23.905 + seed) for seed in range(3)]
    [check] = GuardedTrainings(plan_of(**GUARDED), [*results, *close]).broken(
        {"ab": 4.0, "sat": 1.0}
    )
    assert check.moved == pytest.approx(0.095)
    assert 0 < check.reserve < 0.05
    far = [trained(8.0, seed, 24.0 + seed + (seed - 1)) for seed in range(3)]
    [check] = GuardedTrainings(plan_of(**GUARDED), [*results, *close, *far]).broken(
        {"ab": 4.0, "sat": 1.0}
    )
    assert check.reserve == 0.05


def test_the_interval_of_a_claim_is_student_s_of_the_paired_falls():
    falls = np.array([0.01, 0.03, 0.02, 0.06, 0.03])
    before = [trained(1.0, seed, 24.0 + seed) for seed in range(5)]
    after = [trained(2.0, seed, 24.0 + seed - fall) for seed, fall in enumerate(falls)]
    [check] = claimed_guardrails([PSNR], before, after, [*before, *after], 0.95)
    low, high = stats.t.interval(0.95, 4, falls.mean(), stats.sem(falls))
    assert (check.low, check.high) == (pytest.approx(low), pytest.approx(high))
    assert check.shown
    assert not check.broken


def test_a_number_that_may_not_rise_is_read_in_its_own_sign():
    error = Guardrail("psnr", "rise", 0.5)
    before = [trained(1.0, seed, 3.0) for seed in range(3)]
    after = [trained(2.0, seed, 4.0 + 0.01 * seed) for seed in range(3)]
    [check] = claimed_guardrails([error], before, after, [*before, *after], 0.95)
    assert (check.before, check.after) == (3.0, pytest.approx(4.01))
    assert check.surely_broken
    assert check.moved == pytest.approx(1.01)


def test_a_value_that_breaks_a_guardrail_cannot_win_and_the_next_best_can(plan_of):
    plan = plan_of(*STAGES, **GUARDED)
    found = run_procedure(plan, Numbers(scattered(loss=0.09)))
    first = found.stages[0]
    assert [value for value, _ in first.broken] == [4.0]
    assert first.chosen == 2.0
    free = run_procedure(plan_of(*STAGES), Numbers(scattered(loss=0.09)))
    assert free.stages[0].chosen > 4.0


@pytest.mark.parametrize(("loss", "refused"), [(0.9, ("psnr",)), (0.0, ())])
def test_a_weight_whose_better_values_are_refused_names_the_guardrail(plan_of, loss, refused):
    def of(weights, seed):  # the other weight does nothing
        random = np.random.default_rng([seed, *(round(1e4 * one) for one in weights.values())])
        size, noise = np.log(weights["ab"]), random.normal(0, 0.01)
        return float(1 - 0.1 * size + seed / 50 + noise), 24 - loss * size

    found = run_procedure(plan_of(*STAGES, **GUARDED), Numbers(of))
    assert {effect.name: effect.refused for effect in found.effects} == {"ab": refused, "sat": ()}
    assert (found.best["ab"] == 1.0) == bool(refused)


def test_a_claim_against_a_guardrail_exports_the_start_weights(plan_of):
    def of(weights, seed):  # the fall shows on the fresh seeds alone
        score, psnr = scattered(loss=0.0)(weights, seed)
        return score, psnr - (0.3 if seed > 100 and weights["ab"] > 1 else 0)

    plan = plan_of(*STAGES, **GUARDED)
    found = run_procedure(plan, Numbers(of))
    assert found.incumbent["ab"] > 1
    assert found.confirmation.low > 0
    assert found.confirmation.verdict == "guardrail"
    assert found.best == found.start_of_the_next == plan.weights


def test_a_claim_whose_interval_leaves_a_guardrail_open_exports_the_start_weights(plan_of):
    def of(weights, seed):
        luck = np.random.default_rng([seed, round(weights["ab"] * 1e4)]).normal(0, 0.2)
        return scattered(loss=0.0)(weights, seed)[0], 24 + luck

    found = run_procedure(plan_of({"vary": "ab", "values": [4]}, **GUARDED), Numbers(of))
    claim = found.confirmation
    if claim.seeds:
        assert claim.verdict == "guardrail"
        assert not claim.guardrails[0].shown
    assert found.best == {"ab": 1.0, "sat": 1.0}


def test_a_worse_score_stays_worse_whatever_its_guardrails_say(plan_of):
    before = [trained(1.0, seed, 24.0, score=1.0) for seed in range(3)]
    after = [trained(2.0, seed, 20.0, score=2.0) for seed in range(3)]
    checks = claimed_guardrails([PSNR], before, after, [*before, *after], 0.95)
    found = run_procedure(plan_of(*STAGES), Numbers(scattered(loss=0))).confirmation
    worse = found.model_copy(update={"verdict": "worse"})
    assert with_guardrails(worse, checks).verdict == "worse"


@settings(max_examples=25)
@given(loss=st.floats(-0.2, 0.5), noise=st.sampled_from([0.001, 0.03]), margin=st.floats(0.01, 0.6))
def test_weights_that_break_a_guardrail_never_win(plan_of, loss, noise, margin):
    plan = plan_of(*STAGES, guardrails={"metrics": {"psnr": {"may_fall": margin}}})
    train = Numbers(scattered(loss=loss, noise=noise))
    found = run_procedure(plan, train)
    seen = GuardedTrainings(plan, [train.result(trial) for trial in train.trials])
    assert not any(stage.comparison.breaks for stage in found.stages if _moved(stage))
    if found.best != plan.weights:
        assert all(check.shown for check in found.confirmation.guardrails)
        assert not seen.broken(found.incumbent)


@settings(max_examples=15)
@given(loss=st.floats(-0.2, 0.5), noise=st.sampled_from([0.001, 0.03]))
def test_a_guardrail_that_nothing_breaks_changes_nothing_but_what_is_told_of_it(
    plan_of, loss, noise
):
    free, wide = Numbers(scattered(loss=loss, noise=noise)), Numbers(
        scattered(loss=loss, noise=noise)
    )  # fmt: skip
    without = run_procedure(plan_of(*STAGES), free)
    guarded = run_procedure(
        plan_of(*STAGES, guardrails={"metrics": {"psnr": {"may_fall": 1e6}}}), wide
    )
    assert free.trials == wide.trials
    assert (without.stages, without.best) == (guarded.stages, guarded.best)
    unguarded = guarded.confirmation.model_copy(update={"guardrails": ()})
    assert unguarded.model_dump_json() == without.confirmation.model_dump_json()


def test_a_guarded_study_resumes_with_the_same_decisions(plan_of):
    plan, of = plan_of(*STAGES, combination=2, **GUARDED), scattered(loss=0.09)
    train, results = Numbers(of), {}
    whole = run_procedure(plan, train)
    while (step := replay(plan, results.values())).result is None:
        first = step.missing[0]
        results[first.seed, first.steps, str(first.weights)] = Numbers(of).result(first)
    assert (step.result.best, step.result.stages) == (whole.best, whole.stages)
    assert step.result.confirmation == whole.confirmation


def _moved(stage):
    return stage.chosen != stage.start

from tuner.results import RefusedBetter, Trial, TrialResult
from tuner.search.refused import refusals, refused_better
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

PLAN = make_plan(
    StudySpec(
        study="guarded",
        weights={"ab_weight": 1.0},
        trainer={"kind": "command", "run": ["true"], "steps": 10},
        objective={"metric": "lpips"},
        guardrails={"metrics": {"psnr": {"may_fall": 0.1}}},
        stages=({"vary": "ab_weight", "values": [2, 3]},),
    )
)


def result(value, score, psnr=24.0, seed=1, rejected="", **more):
    trial = Trial(weights={"ab_weight": value}, seed=seed, steps=10, role="candidate", **more)
    status = "rejected" if rejected else "complete"
    measures = {"psnr": psnr}
    return TrialResult(trial=trial, status=status, score=score, reason=rejected, measures=measures)


START = [result(1.0, 0.5), result(1.0, 0.4, seed=2)]


def test_a_training_is_refused_by_its_rejection_and_by_the_numbers_it_breaks():
    assert refusals(result(2.0, 0.1, rejected="color noise: 9 times")) == ["color noise"]
    assert refusals(result(2.0, 0.1)) == []


def test_sets_that_scored_better_and_were_refused_are_counted_by_guardrail():
    found = refused_better(
        PLAN,
        [
            *START,
            result(2.0, 0.3, psnr=20.0),
            result(2.0, 0.3, psnr=20.0, seed=2),
            result(3.0, 0.2, rejected="color noise: 9 times"),
        ],
    )
    assert found == (
        RefusedBetter(guardrail="psnr", sets=1),
        RefusedBetter(guardrail="color noise", sets=1),
    )


def test_what_scored_worse_or_kept_the_guardrails_or_is_a_rival_does_not_count():
    others = [
        result(2.0, 0.6, psnr=20.0),
        result(3.0, 0.3),
        result(4.0, 0.3, psnr=20.0, rival="rlw"),
        result(5.0, 0.3, psnr=20.0, seed=9),
    ]
    assert refused_better(PLAN, [*START, *others]) == ()

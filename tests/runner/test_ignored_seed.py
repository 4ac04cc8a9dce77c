import pytest

from tuner.errors import TrainerError
from tuner.results import Trial, TrialResult
from tuner.runner.ignored_seed import refuse_an_ignored_seed
from tuner.spec.study import StudySpec

STAGE = {"vary": "ab", "values": [2.0]}


def study(**objective):
    trainer = {"kind": "command", "run": ["train"], "predictions": "*.png"}
    return StudySpec(
        study="small", weights={"ab": 1.0}, stages=[STAGE], trainer=trainer, objective=objective
    )


def baseline(*scores, **measures):
    return [
        TrialResult(
            trial=Trial(weights={"ab": 1.0}, seed=seed, steps=9, role="baseline"),
            status="complete" if score is not None else "diverged",
            score=score,
            measures=measures,
        )
        for seed, score in enumerate(scores, start=1)
    ]


def test_equal_predictions_on_two_of_three_seeds_are_refused():
    with pytest.raises(TrainerError) as refused:
        refuse_an_ignored_seed(study(), baseline(0.5, 0.7, 0.5, chroma=0.9))
    assert str(refused.value).startswith(
        "seeds 1 and 3 left identical predictions: your script ignores the seed, and nothing "
        "could be claimed from its trials; hand it over ({seed} in run"
    )


def test_a_number_is_refused_only_where_all_seeds_have_the_same():
    accuracy = study(metric="accuracy")
    refuse_an_ignored_seed(accuracy, baseline(0.5, 0.7, 0.5))
    with pytest.raises(TrainerError, match="too coarse to show it"):
        refuse_an_ignored_seed(accuracy, baseline(0.5, 0.5, 0.5))


def test_trainings_that_differ_or_are_alone_are_fine():
    refuse_an_ignored_seed(study(), baseline(0.5, 0.5000000001))
    refuse_an_ignored_seed(study(), baseline(0.5, None))
    refuse_an_ignored_seed(study(), [])
    moved = [*baseline(0.5, chroma=0.9), baseline(0.6, 0.5, chroma=0.8)[1]]
    refuse_an_ignored_seed(study(), moved)

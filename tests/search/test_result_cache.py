import pytest

from tuner.results import Trial, TrialResult
from tuner.search.result_cache import Pending, look_up

TRIAL = Trial(weights={"ab": 2.0}, seed=3, steps=10, role="candidate", stage=1, varied="ab")


def test_results_are_looked_up_and_missing_trials_are_named():
    another = TRIAL.model_copy(update={"seed": 9})
    train = look_up([TrialResult(trial=TRIAL, status="complete", score=0.5)])
    assert [result.score for result in train([TRIAL, TRIAL])] == [0.5, 0.5]
    with pytest.raises(Pending, match="1 trials have no result yet") as pending:
        train([TRIAL, another])
    assert pending.value.trials == (another,)

from tuner.search.optuna_database import close_storage, create_storage, reach_storage, sqlite_url
from tuner.search.procedure import replay
from tuner.search.result_cache import training_key
from tuner.search.shared_trials import LIKELY, SharedTrials


def test_what_is_likely_is_named_once_and_never_what_was_begun(plan_of, scorer, tmp_path):
    """Repeats of one contender are several pending trials, each of which suggests the others."""
    url = sqlite_url(tmp_path / "shared.db")
    create_storage(url)
    storage = reach_storage(url)
    plan = plan_of()
    trials = SharedTrials(plan, storage)
    train = scorer(lambda weights, seed: (weights["sat"] - 2) ** 2 + seed / 50)
    named, results = [], []
    while not (step := replay(plan, results)).result:
        opened = trials.open_missing(step)
        keys = [training_key(one) for one in opened.likely]
        taken = trials.take(dict.fromkeys(opened.unfinished, 0))
        assert len(set(keys)) == len(keys) <= LIKELY
        assert not {training_key(one.trial) for one in taken} & {*keys}
        named += keys
        for one in taken:
            results += train([one.trial])
            trials.tell(results[-1])
    close_storage(storage)
    asked = {training_key(one) for one in train.trials}
    assert len(asked) == len(train.trials)
    assert asked & {*named}

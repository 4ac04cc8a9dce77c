from tuner.search.optuna_store import close_storage, create_storage, reach_storage, sqlite_url
from tuner.search.result_cache import training_key
from tuner.search.shared_trials import LIKELY, SharedTrials


def test_what_is_likely_is_named_once_and_never_what_was_begun(plan_of, scorer, tmp_path):
    """Repeats of one contender are several pending trials, each of which suggests the others."""
    url = sqlite_url(tmp_path / "shared.db")
    create_storage(url)
    storage = reach_storage(url)
    trials = SharedTrials(plan_of(), storage)
    train = scorer(lambda weights, seed: (weights["sat"] - 2) ** 2 + seed / 50)
    named = []
    while (course := trials.follow(lambda _event: None)).findings is None:
        keys = [training_key(one) for one in course.likely]
        begun = {
            training_key(taken.trial) for taken in trials.take(dict.fromkeys(course.unfinished, 0))
        }
        assert len(set(keys)) == len(keys) <= LIKELY
        assert not begun & {*keys}
        named += keys
        for taken in trials.take(dict.fromkeys(course.unfinished, 0)):
            [result] = train([taken.trial])
            trials.tell(result)
    close_storage(storage)
    asked = {training_key(one) for one in train.trials}
    assert len(asked) == len(train.trials)
    assert asked & {*named}

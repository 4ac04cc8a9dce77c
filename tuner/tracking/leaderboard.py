"""MLflow's leaderboard of a study: one row a set of weights, best mean score first.

MLflow 3.17 groups runs by a tag and averages their numbers; the seeds stand below their group.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from statistics import fmean

from tuner.guide.weightings import UNSEARCHED
from tuner.journal.history import StudyHistory
from tuner.reporting.story import plain
from tuner.reporting.verdicts import trial_verdict
from tuner.results import Trial
from tuner.tracking.keys import clean_key
from tuner.tracking.metric_points import milliseconds

LEADERBOARD = "leaderboard"
WEIGHTS = "tuner.weights"
"""The tag by which runs are grouped."""

NAME, CREATED, DURATION = "attributes.`Run Name`", "runDateAndNestInfo", "duration"
GAIN = "metrics.`gain`"
OBJECTIVE = "objective/"
"""Before the script's own number that is the objective, in its own sign."""
VERDICT = "tags.`tuner.verdict`"
FOLDED = 100
"""The groups, best first, that begin without their seeds; MLflow takes 20,000 characters."""


def leaderboard_path(experiment_id: str) -> str:
    """Where the leaderboard is, below the address of an MLflow server.

    Without `workflowType` MLflow 3 opens on an empty page of traces.
    """
    return (
        f"#/experiments/{experiment_id}/runs?workflowType=machine_learning"
        f"&viewStateShareKey={LEADERBOARD}"
    )


def leaderboard_view(history: StudyHistory) -> str:
    """The saved view of a study's trials, as MLflow 3.17 stores it in a tag.

    An earlier study of the same name is not shown.
    """
    weights = [f"params.`{name}`" for name in history.start_weights]
    best, unit = _number_column(history), history.unit
    columns, at = [best, GAIN, *weights, VERDICT], milliseconds(history.started)
    uid = history.opened.uid
    state = {
        "searchFilter": f"tags.`tuner.kind` = 'trial' and tags.`tuner.study_uid` = '{uid}'",
        "orderByKey": best,
        "orderByAsc": not unit.maximize,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": columns,
        "columnOrder": [NAME, CREATED, *columns, DURATION],
        # Score and gain are in sight on a page of 800 pixels.
        "columnWidths": {NAME: 250, CREATED: 50} | dict.fromkeys(columns, 80),
        "groupBy": {
            "aggregateFunction": "average",
            "groupByKeys": [{"mode": "tag", "groupByData": WEIGHTS}],
        },
        "groupsExpanded": {f"tag.{WEIGHTS}.{name}": False for name in _best_first(history)},
    }
    view = {"name": "Leaderboard", "createdAt": at, "updatedAt": at, "state": json.dumps(state)}
    return json.dumps(view)


def _number_column(history: StudyHistory) -> str:
    """The number by which sets of weights are compared; a script's own is in its own sign."""
    metric = history.unit.metric
    return f"metrics.`{clean_key(f'{OBJECTIVE}{metric}')}`" if metric else "metrics.`score`"


def weights_label(history: StudyHistory, number: int) -> str:
    """The set of weights of a trial, for all its seeds: `better (ab=4.0, l=0.3)`.

    The verdict comes first, as a group has no columns of texts.
    """
    trial, alike = history.trials[number], history.seeds_alike[number]
    verdicts = [trial_verdict(history, one) for one in alike]
    verdict = next(filter(None, reversed(verdicts)), "")
    if trial.is_of(history.start_weights) and not trial.rival:
        verdict = "start weights"
    told = ", ".join(_changes(history, trial))
    return f"{verdict} ({told})" if verdict and told else verdict or told


def _changes(history: StudyHistory, trial: Trial) -> Iterable[str]:
    """What makes a set of weights another one than the start."""
    if trial.rival:
        yield UNSEARCHED.get(trial.rival, trial.rival)
        return
    for name, value in trial.weights.items():
        if value != history.start_weights[name]:
            yield f"{name.removesuffix('_weight')}={plain(value)}"
    if trial.steps != next(iter(history.trials.values())).steps:
        yield f"{trial.steps} steps"


def _best_first(history: StudyHistory) -> list[str]:
    means = {}
    for numbers in set(history.seeds_alike.values()):
        seen = [history.results[n].score for n in numbers if n in history.results]
        if scores := [score for score in seen if score is not None]:
            means[weights_label(history, numbers[0])] = fmean(scores)
    return sorted(means, key=means.__getitem__)[:FOLDED]

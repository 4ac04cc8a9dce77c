"""A short study, and scores that stand in for its training."""

from math import log

from tuner.spec.study import StudySpec

START = {"perceptual_weight": 1.0, "ab_weight": 2.0}


def asked(**parts):
    wanted = {
        "study": "short",
        "symptom": "sepia",
        "weights": START,
        "stages": ({"vary": "ab_weight", "values": [4, 8], "because": "Emphasize chrominance"},),
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
    }
    return StudySpec(**(wanted | parts))


def score(trials):
    return [log(trial.weights["ab_weight"] / 4) ** 2 + trial.seed / 100 for trial in trials]


def never(trials):
    raise AssertionError(f"{len(trials)} trials were trained again")


def folder_in(home):
    return home / "tuner-runs" / "short"

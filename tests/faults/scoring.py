"""What stands in for training."""

from math import log


def scores_of(trials):
    """Best at `ab` = 4, with a seed's share and a trace of noise."""
    return [
        log(one.weights["ab"] / 4) ** 2 + one.seed / 100 + one.seed * one.weights["ab"] % 7 / 1e4
        for one in trials
    ]

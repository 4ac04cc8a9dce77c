from typing import get_args

from tuner.guide.weightings import UNSEARCHED, Unsearched


def test_every_weighting_has_a_full_name():
    assert (*UNSEARCHED,) == get_args(Unsearched)

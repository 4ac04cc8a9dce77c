from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.results import Noise, Trial, TrialResult
from tuner.search.context import SearchContext
from tuner.search.equivalence import BEYOND, as_good
from tuner.search.scale import Scale
from tuner.search.surface_fit import fit_surface

QUIET = Noise(sd=0.001, degrees=4, spread=0.0)
LOUD = Noise(sd=0.1, degrees=9, spread=0.1)
PLACES = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
KNOWN = exp(-1.0), exp(2.0)
BEST = {"ab": exp(0.5), "sat": 1.0}


@pytest.fixture(scope="module")
def context(plan_of):
    plan = plan_of({"vary": "ab", "times": [0.4, 2.5]})
    plan = replace(plan, bounds={**plan.bounds, "ab": (0.01, 100.0)})
    return SearchContext(plan, Scale.of_plan(plan), None, None, None)


def through(score, context, noise=QUIET, seeds=(1,)):
    """The surface through scores over the logarithm of one weight."""
    trials = [
        (x, Trial(weights={"ab": exp(x), "sat": 1.0}, seed=s, steps=1, role="candidate"))
        for x in PLACES
        for s in seeds
    ]
    results = [TrialResult(trial=t, status="complete", score=score(x)) for x, t in trials]
    return fit_surface(results, context.scale, noise)


def bowl(x):
    return 0.2 * (x - 0.5) ** 2


def slope(x):
    return -0.05 * x


def spans(surface, context, margin, weights=BEST, known=KNOWN, asked=KNOWN):
    return as_good(surface, weights, "ab", known, asked, margin, context)


def test_the_range_ends_where_the_loss_is_that_margin(context):
    low, high = spans(through(bowl, context), context, 0.05)
    half = sqrt(0.05 / 0.2)
    assert (low, high) == pytest.approx((exp(0.5 - half), exp(0.5 + half)), rel=0.06)


def test_a_certain_loss_that_is_too_small_to_matter_does_not_end_it(context):
    surface = through(bowl, context)
    narrow, wide = (spans(surface, context, margin) for margin in (0.0, 0.05))
    assert wide[0] < 0.75 * narrow[0] < narrow[1] < 0.75 * wide[1]


def test_a_large_loss_that_is_not_certain_does_not_end_it_among_tried_values(context):
    random = np.random.default_rng(3)
    surface = through(lambda _x: random.normal(0, 0.1), context, LOUD)
    low, high = spans(surface, context, 0.0)
    assert (low, high) == pytest.approx(KNOWN, rel=0.05)


def test_beyond_tried_values_the_loss_has_to_be_certain_not_to_matter(context):
    at_the_end = {**BEST, "ab": KNOWN[1]}
    _, sure = spans(through(slope, context), context, 0.02, at_the_end)
    assert sure == pytest.approx(BEYOND * KNOWN[1], rel=0.05)
    random = np.random.default_rng(3)
    loud = through(lambda x: slope(x) + random.normal(0, 0.1), context, LOUD)
    _, unsure = spans(loud, context, 0.001, at_the_end)
    assert unsure <= KNOWN[1] * 1.2


def test_no_value_beyond_one_that_failed_is_as_good(context):
    at_the_end = {**BEST, "ab": KNOWN[1]}
    failed = KNOWN[0], 1.1 * KNOWN[1]
    _, high = spans(through(slope, context), context, 0.02, at_the_end, asked=failed)
    assert high == pytest.approx(KNOWN[1], rel=0.05)


def test_the_bounds_of_the_weight_hold_beyond_tried_values(context):
    plan = replace(context.plan, bounds={**context.plan.bounds, "ab": (0.3, 8.0)})
    surface = through(slope, context)
    _, high = spans(surface, replace(context, plan=plan), 0.02, {**BEST, "ab": KNOWN[1]})
    assert high == 8.0


@settings(max_examples=30)
@given(
    own=st.floats(-1.0, 2.0), steep=st.floats(-0.3, 0.3), curved=st.floats(0.0, 0.3),
    margins=st.tuples(st.floats(0.0, 0.3), st.floats(0.0, 0.3)).map(sorted),
)  # fmt: skip
def test_a_wider_margin_never_gives_a_narrower_range_and_the_own_value_is_in_it(
    context, own, steep, curved, margins
):
    surface = through(
        lambda x: steep * x + curved * x**2, context, Noise(sd=0.02, degrees=9, spread=0.02)
    )
    weights = {**BEST, "ab": exp(own)}
    (low, high), (lower, higher) = (spans(surface, context, each, weights) for each in margins)
    assert lower <= low <= weights["ab"] <= high <= higher
    assert lower >= KNOWN[0] / BEYOND * 0.95
    assert higher <= KNOWN[1] * BEYOND * 1.05

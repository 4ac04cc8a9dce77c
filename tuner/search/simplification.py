"""The last step before the confirmation: as few changes as possible, in round numbers.

Weights that the stages and the combination moved are set back where possible, else refined. The
outcome is computed from the surface, so it is trained on the first seed, and dropped where that is
clearly worse. A small loss is not enough, because the incumbent was selected on this seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuner.results import Comparison, Simplification, TrialResult
from tuner.results.statistics import compare, scores_by_seed, weights_key
from tuner.search.ablation import moved, set_back
from tuner.search.context import SearchContext, TrialFactory, reliable
from tuner.search.guardrails import with_guardrails
from tuner.search.refinement import refine

SURE = 0.99
"""Confidence at which one training refutes the outcome."""


def simplify(
    number: int,
    incumbent: Mapping[str, float],
    context: SearchContext,
    known: Sequence[TrialResult],
) -> Simplification:
    """The incumbent with the fewest changes.

    Without a combination the values stay those that the stages tried.

    Args:
        number: The number of the stage of these trainings.
        incumbent: The best weights of all.
        known: All results before.
    """
    simple = set_back(number, incumbent, context)
    if context.plan.combination:
        simple = refine(simple, context, known)
    comparison, refused = _meet(number, incumbent, simple, context)
    chosen = dict(incumbent) if refused else simple
    gone = set(moved(incumbent, context)) - set(moved(chosen, context))
    return Simplification(
        start=dict(incumbent),
        chosen=chosen,
        set_back=tuple(name for name in context.scale.names if name in gone),
        comparison=comparison,
    )


def _meet(
    number: int, incumbent: Mapping[str, float], simple: Mapping[str, float], context: SearchContext
) -> tuple[Comparison | None, bool]:
    """The simple weights against the incumbent on the first seed, and whether they are refused."""
    if weights_key(simple) == weights_key(incumbent):
        return None, False
    factory, seed = TrialFactory(context.plan, number, None), context.plan.decide_seeds[0]
    pair = [factory.trial(weights, seed, "ablation") for weights in (incumbent, simple)]
    results = context.train([pair])
    before = scores_by_seed(results[:1], rejected=True)
    after = scores_by_seed(results[1:])
    if not before.keys() & after.keys():
        return None, not reliable(results[1:])
    comparison = compare(before, after, context.noise(incumbent, simple), SURE)
    comparison = with_guardrails(comparison, context.broken(simple))
    return comparison, comparison.verdict == "worse" or bool(comparison.breaks)

"""The last step before the claim: as few changes as possible, in round numbers.

What the stages and the combination found is set back where it can be, and refined where it has to
stay moved. The outcome rests on the surface, so it meets the incumbent on the deciding seeds, and
is dropped where they speak against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuner.results import Simplification, TrialResult
from tuner.search.ablation import moved, set_back
from tuner.search.context import SearchContext, TrialFactory
from tuner.search.paired_comparison import PairedComparison
from tuner.search.refinement import refine
from tuner.statistics import weights_key


def simplify(
    number: int,
    incumbent: Mapping[str, float],
    context: SearchContext,
    known: Sequence[TrialResult],
) -> Simplification:
    """The incumbent with the fewest changes.

    Without a combination the values stay those that the stages tried.

    Args:
        number: Of the stage that the trainings belong to.
        incumbent: The best weights of all.
        known: All results before.
    """
    simple = set_back(number, incumbent, context)
    if context.plan.combination:
        simple = refine(simple, context, known)
    comparison = None
    kept = weights_key(simple) == weights_key(incumbent)
    if not kept:
        factory = TrialFactory(context.plan, number, None)
        comparison = PairedComparison(incumbent, simple, context, factory).fight().comparison
        kept = comparison is None or comparison.verdict == "worse"
    chosen = dict(incumbent) if kept else simple
    gone = set(moved(incumbent, context)) - set(moved(chosen, context))
    return Simplification(
        start=dict(incumbent),
        chosen=chosen,
        set_back=tuple(name for name in context.scale.names if name in gone),
        comparison=comparison,
    )

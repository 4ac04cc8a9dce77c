"""Whether a script of the user's own uses its seed; where it does not, nothing can be claimed.

Trainings of two seeds that are equal to the last bit have no noise, so the smallest difference
would look certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuner.errors import TrainerError
from tuner.results import TrialResult
from tuner.runner.preflight import first_trainings
from tuner.spec.objective import ObjectiveSpec
from tuner.spec.study import StudySpec
from tuner.wording import joined

CURE = (
    "hand it over ({seed} in run, or TUNER_SEED), or let 'python -m tuner.seeded' set it for a "
    "script that has none"
)


def refuse_an_ignored_seed(spec: StudySpec, results: Iterable[TrialResult]) -> None:
    """Stops a study whose start weights left the same on two seeds.

    A number of the study's own may be too coarse to differ on two seeds, so it is refused only
    where all seeds have the same.

    Args:
        results: All so far; only those of the baseline are looked at.

    Raises:
        TrainerError: Names the seeds.
    """
    trained = [result for result in first_trainings(spec, results) if result.score is not None]
    alike: dict[tuple[float | None, frozenset[tuple[str, float]]], list[int]] = {}
    for result in trained:
        left = (result.score, frozenset(result.measures.items()))
        alike.setdefault(left, []).append(result.trial.seed)
    seeds = max(alike.values(), key=len, default=[])
    coarse = spec.objective.metric is not None and len(alike) > 1
    if len(seeds) > 1 and not coarse:
        raise TrainerError(
            f"{describe_ignored_seed(sorted(seeds), spec.objective)}, and nothing could be claimed "
            f"from its trials; {CURE}, then start afresh with --restart"
        )


def describe_ignored_seed(seeds: Sequence[int], objective: ObjectiveSpec) -> str:
    """The sentence about it, without a period."""
    what = "predictions"
    hint = ""
    if objective.metric is not None:
        what, hint = "numbers", f", or its '{objective.metric}' is too coarse to show it"
    named = joined([str(seed) for seed in seeds], "and")
    return f"seeds {named} left identical {what}: your script ignores the seed{hint}"

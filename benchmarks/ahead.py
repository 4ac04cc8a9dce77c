"""What idle cores train ahead saves a run alone, and how much of it is in vain.

    python benchmarks/ahead.py [--studies 4] [--cores 2 4]

Studies on the invented surfaces of `search.py` are followed round by round; a training takes one
unit of time, and a round with more trials than cores as much longer. `fresh`: the start weights can
be trained on the fresh seeds at once (from scratch, or from a file). Otherwise these seeds still
have no network to start from (`start_from: baseline`). Printed are the length of a study as a share
of its length without trainings ahead, and trainings in vain, for what a run alone trains ahead
(`surest_ahead`) and for all that workers would (`trials_ahead`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from zlib import crc32

import numpy as np
from search import World, invented, study_of

from tuner.results import Trial, TrialResult
from tuner.results.statistics import weights_key
from tuner.search.procedure import Step, replay
from tuner.search.result_cache import training_key
from tuner.search.trials_ahead import surest_ahead, trials_ahead
from tuner.spec.plan import Plan, make_plan

Rule = Callable[[Plan, Step], Iterable[Trial]]
"""What may be trained beside the missing trials."""

COMBINED = 2
"""Combined trials, as in the demo."""

RULES: dict[str, Rule] = {
    "nothing": lambda _plan, _step: (),
    "a run alone": surest_ahead,
    "workers": lambda plan, step: trials_ahead(plan, step.missing, lambda: step.used),
}


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--studies", type=int, default=4, help="surfaces of each kind")
    options.add_argument("--cores", type=int, nargs="+", default=[2, 4])
    asked = options.parse_args()
    worlds = invented(asked.studies)
    print(f"{len(worlds)} studies\n{'cores':>5} {'start':>9}  {'ahead':<12} length  in vain of all")
    for cores in asked.cores:
        for start in ("fresh", "baseline"):
            longest = 0.0
            for name, rule in RULES.items():
                follow = partial(followed, rule=rule, cores=cores, fresh=start == "fresh")
                length, vain, trained = np.mean([follow(world) for world in worlds], axis=0)
                longest = longest or length
                share = length / longest
                print(f"{cores:>5} {start:>9}  {name:<12} {share:6.3f} {vain:8.1f} {trained:6.1f}")


def followed(world: World, rule: Rule, cores: int, *, fresh: bool) -> tuple[float, int, int]:
    """Length of a study, its trainings in vain, and all of them."""
    plan = make_plan(study_of(world.landscape, combination=COMBINED))
    results: dict[object, TrialResult] = {}
    length = 0.0
    while (step := replay(plan, results.values())).result is None:
        trials = {training_key(trial): trial for trial in step.missing}
        for trial in rule(plan, step) if len(trials) < cores else ():
            key = training_key(trial)
            if len(trials) < cores and key not in results and (fresh or _is_old(trial, plan)):
                trials.setdefault(key, trial)
        for key, trial in trials.items():
            numbered = trial.model_copy(update={"number": len(results)})
            score = _score(world, trial)
            results[key] = TrialResult(trial=numbered, status="complete", score=score)
        length += max(1.0, len(trials) / cores)
    return length, len(results) - len(step.used), len(results)


def _is_old(trial: Trial, plan: Plan) -> bool:
    return trial.seed not in plan.confirm_seeds


def _score(world: World, trial: Trial) -> float:
    """The same for the same training, whenever it is trained."""
    which = crc32(repr(weights_key(trial.weights)).encode())
    own = np.random.default_rng([which, trial.seed, *world.seed]).normal(0, world.noise)
    shared = np.random.default_rng([trial.seed, *world.seed]).normal(0, world.shared or 0.0)
    return float(
        world.landscape.truth(world.landscape.point(trial.weights)[None])[0] + own + shared
    )


if __name__ == "__main__":
    main()

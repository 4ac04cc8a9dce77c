"""Whether each study cures what it is for, from weights that are ill on purpose.

    python benchmarks/cures.py --photos DIR [--take 6] [--steps 600] [--home DIR] [STUDY ...]
    python benchmarks/cures.py --from-sepia [--home DIR] [STUDY ...]

Six photos, evenly taken from a folder, are so few that a small network learns their colors in
half a minute; parts of each are held out. The studies are those that are shipped, at the size of
`--quick` but from scratch, with weights that make what they cure. `--from-sepia` trains as
`sepia-fix --quick` does instead: the last layer of a network that paints the sample photos sepia,
scored by the trained trunk; few symptoms can be made that way. Counted is the symptom's own
measure at the start and at the end, on the seeds of the claim, which no decision has seen. With
`--home` the studies stay, to be looked at, and an interrupted one goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

import yaml
from scipy.special import stdtrit
from small_study import small_study

from tuner.color.symptoms import find_symptoms
from tuner.data.discovery import find_pictures
from tuner.guide.cures import HEALTHY
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.journal.workspace import Workspace
from tuner.results import TrialResult
from tuner.runner.run import run_study
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study


class Illness(NamedTuple):
    """How that is made which a study cures.

    Attributes:
        weights: Perceptual, luminance, ab and saturation, in place of those of the study.
        measure: What is wrong with the predictions, as a number.
        right: That of the photos themselves.
        changes: Of other keys of the study file.
    """

    weights: tuple[float, float, float, float]
    measure: str
    right: float
    changes: Mapping[str, Any] = {}


ILLNESSES: Mapping[str, Illness] = {
    "sepia-fix": Illness((0.01, 3, 0.02, 0.02), "tint", 0),
    "washed-out": Illness((1, 3, 0.2, 0.1), "chroma_ratio", 1),
    "wild-colors": Illness((0.01, 0.3, 0.3, 5), "ab_correlation", 1),
    "too-vibrant": Illness((0.01, 0.01, 0.01, 100), "a_ratio", 1),
    "wrong-objects": Illness((0.005, 3, 0.02, 0.02), "ab_correlation", 1),
    "brightness": Illness(
        (0.1, 0.02, 3, 0.5), "lightness_rmse", 0, {"trainer.model_args.gray_skip": False}
    ),
    "gray-output": Illness((0.0005, 20, 0.001, 0.001), "chroma_ratio", 1),
    "channel-balance": Illness((0.01, 0.3, 3, 0.001), "b_ratio", 1, {"weights.b_weight": 0.05}),
    "all-weights": Illness((0.05, 3, 0.3, 5), "score", 0),
}
"""For each study. A luminance weight that drowns the others leaves gray what begins gray; where
nothing but the saturation term is heard, colors are as strong as those of the photos, and wrong."""

FROM_SEPIA: Mapping[str, Illness] = {
    "sepia-fix": Illness((0.1, 20, 0.05, 0.1), "tint", 0),
    "washed-out": Illness((1, 3, 0.05, 0.05), "chroma_ratio", 1),
    "all-weights": Illness((0.1, 20, 0.05, 0.1), "score", 0),
}
"""For those studies whose symptom a last layer learns within 45 steps."""

SEPIA_STUDY = Path(__file__).parents[1] / "studies" / "sepia-fix.yaml"

NAMES = ("perceptual_weight", "l_weight", "ab_weight", "saturation_weight")


def main() -> None:
    """Runs the studies and prints a line for each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("studies", nargs="*", metavar="STUDY")
    options.add_argument("--photos", default="sample", help="a folder of color photos")
    options.add_argument("--take", type=int, default=6, help="how many of them")
    options.add_argument("--steps", type=int, default=600, help="of a trial")
    options.add_argument("--from-sepia", action="store_true", help="of the sample photos")
    options.add_argument("--home", type=Path, help="where the studies stay")
    options.add_argument("--json", type=Path, help="where to write the figures")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        home = asked.home or Path(passing)
        illnesses = FROM_SEPIA if asked.from_sepia else ILLNESSES
        photos = None if asked.from_sepia else take(asked.photos, asked.take, home / "photos")
        rows = {}
        for study in asked.studies or illnesses:
            weights = weights_of(illnesses[study])
            if photos is None:
                spec = from_sepia(study, weights)
            else:
                spec = small_study({**from_scratch(photos, asked.steps), **weights}, study)
            rows[study] = told(study, cure(spec, home), illnesses[study])
    if asked.json:
        facts = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "cores": os.cpu_count(), **rows}
        asked.json.write_text(json.dumps(facts, indent=2), encoding="utf-8")


def take(place: str, number: int, folder: Path) -> Path:
    """Some of the photos of a folder, evenly chosen, in a folder of their own."""
    paths = list(find_pictures(place).values())
    folder.mkdir(parents=True, exist_ok=True)
    number = min(number, len(paths))
    for index in range(number):
        path = paths[index * len(paths) // number]
        shutil.copyfile(path, folder / path.name)
    return folder


def weights_of(illness: Illness) -> dict[str, Any]:
    """What makes it, by keys of the study file."""
    named = zip(NAMES, illness.weights, strict=True)
    return {**{f"weights.{name}": value for name, value in named}, **illness.changes}


def from_scratch(photos: Path, steps: int) -> dict[str, Any]:
    """How a small study trains a new network."""
    return {
        "data.photos": str(photos), "trainer.start_from": "scratch", "trainer.steps": steps
    }  # fmt: skip


def from_sepia(study: str, weights: Mapping[str, Any]) -> StudySpec:
    """A study that trains and scores as `sepia-fix --quick` does."""
    quick = yaml.safe_load(SEPIA_STUDY.read_text(encoding="utf-8"))["quick"]
    settings = {
        key: value for key, value in quick.items()
        if key.startswith(("data.", "trainer.", "objective."))
    }  # fmt: skip
    return load_study(study, {**settings, **weights}, preset="quick")


def cure(spec: StudySpec, home: Path) -> StudyHistory:
    """A study from weights that are ill, to its end."""
    run_study(spec, directory=home, record=False, anyway=True)
    return read_history(Workspace(home).folder(spec.study))


def told(study: str, history: StudyHistory, illness: Illness) -> dict[str, Any]:
    """What came of a study, printed and as a record."""
    found = history.finished
    assert found is not None, "it ran to its end"
    best = dict(found.incumbent_weights)
    before, after = (
        {result.trial.seed: result for result in history.results.values()
         if result.trial.role == "confirmation" and result.trial.is_of(weights)}
        for weights in (history.start_weights, best)
    )  # fmt: skip
    if not after:
        print(f"{study:<16} no difference in any stage: the start weights are kept")
        return {"kept": True}
    nearer = [_off(before[seed], illness) - _off(after[seed], illness) for seed in sorted(after)]
    margin = float(stdtrit(len(nearer) - 1, 0.975)) * stdev(nearer) / sqrt(len(nearer))
    row = {
        "measure": illness.measure,
        "right": illness.right,
        "before": fmean(_value(one, illness.measure) for one in before.values()),
        "after": fmean(_value(one, illness.measure) for one in after.values()),
        "nearer": fmean(nearer),
        "low": fmean(nearer) - margin,
        "high": fmean(nearer) + margin,
        "named before": _names(before.values()),
        "named after": _names(after.values()),
        "weights": {n: v for n, v in best.items() if v != history.start_weights[n]},
        "claim": found.confirmation.model_dump(mode="json") if found.confirmation else None,
        "trials": len(history.results),
        "seconds": round((history.ended or 0) - history.started),
    }
    print(
        f"{study:<16} {illness.measure} {row['before']:.2f} -> {row['after']:.2f} (right: "
        f"{illness.right:g}), nearer by {row['nearer']:.2f} ({row['low']:.2f} to "
        f"{row['high']:.2f}); {row['named before']} -> {row['named after']}; {row['weights']}",
        flush=True,
    )
    return row


def _off(result: TrialResult, illness: Illness) -> float:
    return abs(_value(result, illness.measure) - illness.right)


def _value(result: TrialResult, measure: str) -> float:
    value = result.score if measure == "score" else result.measures[measure]
    assert value is not None, "a confirmation that ended has numbers"
    return value


def _names(results: Iterable[TrialResult]) -> str:
    """The first names of a diagnosis of each, with how often they were given."""
    found: Counter[str] = Counter()
    for result in results:
        symptoms = find_symptoms(result.measures)
        found[symptoms[0].symptom if symptoms else HEALTHY] += 1
    return ", ".join(f"{name} {number}" for name, number in found.most_common())


if __name__ == "__main__":
    main()

"""Whether the claim of a finished study holds on fresh seeds.

    python benchmarks/fresh_seeds.py STUDY [--directory DIR] [--seeds N]

Trains the start weights and the exported ones on N further seeds, as the study did, and prints the
gain on each beside the claim.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.journal.workspace import Workspace
from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.training.prepare import prepare
from tuner.training.trial_group import train_together

FIRST = 301
"""No study of less than 200 confirmations comes near."""


def main() -> None:
    """Trains and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("study")
    options.add_argument("--directory", type=Path, default=Path())
    options.add_argument("--seeds", type=int, default=12)
    asked = options.parse_args()
    workspace = Workspace(asked.directory.absolute())
    history = read_history(workspace.folder(asked.study))
    if history.finished is None or history.finished.confirmation is None:
        raise SystemExit(f"{asked.study}: no claim was made yet")
    claim = history.finished.confirmation
    with tempfile.TemporaryDirectory() as passing:
        gains = measure(history, workspace.photo_cache, Path(passing), asked.seeds)
    print("gains:", ", ".join(f"{gain:.3f}" for gain in gains))
    print(
        f"mean {np.mean(gains):.3f}; claim {claim.gain:.3f} ({claim.low:.3f} to {claim.high:.3f})"
    )


def measure(history: StudyHistory, cache: Path, folder: Path, seeds: int) -> list[float]:
    """Gains of the exported weights over the start weights, seed by seed."""
    assert history.finished is not None, "it was looked at"
    spec = StudySpec.model_validate(history.spec)
    setting = prepare(spec, folder, cache, history.facts, lambda _: None, lambda *_: None)
    (folder / "starts").mkdir()
    pair = (history.start_weights, history.finished.best_weights)
    trials = [
        Trial(
            weights=dict(weights), seed=FIRST + seed, steps=spec.trainer.steps,
            role="confirmation", number=2 * seed + which,
        )
        for seed in range(seeds)
        for which, weights in enumerate(pair)
    ]  # fmt: skip
    results = train_together(trials, setting.context, lambda _: None)
    scores = [np.nan if result.score is None else result.score for result in results]
    return [float(before - after) for before, after in zip(scores[::2], scores[1::2], strict=True)]


if __name__ == "__main__":
    main()

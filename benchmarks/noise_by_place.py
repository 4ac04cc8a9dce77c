"""How far weights move the score, and luck beside them, in a recorded surface; two judges.

    python benchmarks/noise_by_place.py [FILE.csv]

Both judged the same trainings (`record_surface.py`): version 2 of the score with the trained trunk,
and version 1 with a random one. In the unit of either, gray is 2. Prints for each judge the spread
of the weights' means, what luck gives one training (its own, and shared by all of a seed), how far
each weight alone moves the mean of all others, and the own luck where scores are good, middling
and bad; then how well the two agree, and what both say of the good trainings.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from landscapes import Recording
from record_surface import EARLIER
from scipy.stats import spearmanr

RECORDED = Path(__file__).parent / "surfaces" / "sample-quick.csv"
JUDGES = {"version 2, trained trunk": "score_1", "version 1, random trunk": EARLIER}
PLACES = ("best", "middle", "worst")
GOOD = 1.2
"""A score of the trained judge; trainings below it are good."""


def main() -> None:
    """Prints the table, how well the judges agree, and what they say of good trainings."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path, nargs="?", default=RECORDED)
    with options.parse_args().file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    judged = {judge: as_judged(rows, column) for judge, column in JUDGES.items()}
    for judge, recording in judged.items():
        print(judge)
        for what, value in told(recording):
            print(f"  {what:<36} {value:.4f}")
    means = [recording.scores.mean(axis=0) for recording in judged.values()]
    agreement = spearmanr(*[one.ravel() for one in means]).statistic
    there, best = means[0], [np.unravel_index(one.argmin(), one.shape) for one in means]
    print(f"rank correlation of the two judges, over sets of weights: {agreement:.2f}")
    print(f"the random judge's best set scores {there[best[1]] - there[best[0]]:.4f} more than")
    print("the trained judge's best, by the trained judge")
    trained, random = (one.scores for one in judged.values())
    good = trained < GOOD
    print(f"mean of the {good.sum()} trainings that the trained judge scores below {GOOD}:")
    print(f"{trained[good].mean():.2f}, and {random[good].mean():.2f} by the random judge")


def as_judged(rows: Sequence[Mapping[str, str]], column: str) -> Recording:
    """The recording, with a column as its score."""
    return Recording(column, [{**row, "score_1": row[column]} for row in rows])


def told(recording: Recording) -> Iterator[tuple[str, float]]:
    """What there is to see in a recording, and through which luck."""
    own, shared = recording.noises()
    means = recording.scores.mean(axis=0)
    spread = means.var(ddof=1) - own**2 / len(recording.scores)
    yield "spread of the weights' means", float(np.sqrt(max(0.0, spread)))
    yield "luck of one training", own
    yield "luck that a seed shares", shared
    yield "spread / luck of one training", float(np.sqrt(max(0.0, spread))) / own
    for place, name in enumerate(recording.axes):
        others = tuple(axis for axis in range(means.ndim) if axis != place)
        alone = means.mean(axis=others)
        yield f"{name}, lowest to highest mean", float(alone.max() - alone.min())
    for third, luck in zip(PLACES, luck_by_place(recording), strict=True):
        yield f"luck, {third} third of the weights", luck


def luck_by_place(recording: Recording) -> list[float]:
    """Own luck of a training in thirds of the sets of weights, by their mean score.

    What all trainings of a seed share is taken out as in `Recording.noises`.
    """
    table = recording.scores.reshape(len(recording.scores), -1)
    means = table.mean(axis=0)
    residual = table - table.mean(axis=1, keepdims=True) - means + table.mean()
    parts = np.array_split(residual[:, np.argsort(means)] ** 2, len(PLACES), axis=1)
    return [float(np.sqrt(part.mean() * len(table) / (len(table) - 1))) for part in parts]


if __name__ == "__main__":
    main()

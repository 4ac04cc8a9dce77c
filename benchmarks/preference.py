"""How often `tuner judge` claims a preference that is not there, by people who are made up.

    python benchmarks/preference.py

Each photo has its own chance that the result is preferred on it, drawn around the person's
preference (a beta distribution: `even` photos are all alike, on `mixed` ones chances scatter with
standard deviation 0.29, on `opposed` ones each photo is preferred always or never). Each training
seed shifts it too. Preference 0.5 is none: what is claimed then is false.
"""

from __future__ import annotations

import argparse

import numpy as np

from tuner.preference.stop import is_decided, looks_until, planned_looks, preference_of
from tuner.results import Choice, JudgedPair, Preference

PHOTOS = {"even": 1e6, "mixed": 2.0, "opposed": 1e-3}
"""The two parameters of the beta distribution together: the smaller, the more photos differ."""

SEEDS, SEED_SHIFT, UNDECIDED = 5, 0.1, 0.15


def judged(
    random: np.random.Generator, preference: float, likeness: float, photos: int, most: int
) -> Preference:
    """One person who answers until the tool stops asking."""
    chances = random.beta(likeness * preference, likeness * (1 - preference), photos)
    shifts = random.normal(0, SEED_SHIFT, SEEDS)
    pairs: list[JudgedPair] = []
    for number in range(most):
        photo, seed = number % photos, int(random.integers(SEEDS))
        chance = float(np.clip(chances[photo] + shifts[seed], 0, 1))
        pairs.append(JudgedPair(photo=photo, seed=seed, choice=answered(random, chance)))
        if len(pairs) in planned_looks(most):
            looks = looks_until(len(pairs), most)
            found = preference_of(pairs, 0, looks, last=len(pairs) == most)
            if is_decided(found):
                return found
    return found


def answered(random: np.random.Generator, chance: float) -> Choice:
    """An answer; some see no difference."""
    if random.random() < UNDECIDED:
        return "same"
    return "best" if random.random() < chance else "start"


def main() -> None:
    """Prints a line for each kind of person."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    people = parser.parse_args().people
    print("photos  kind     most  preference  claimed  wrong  covered  answers")
    for photos, most in ((3, 30), (6, 60), (20, 60)):
        for kind, likeness in PHOTOS.items():
            for preference in (0.5, 0.7, 0.9):
                random = np.random.default_rng(0)
                found = [judged(random, preference, likeness, photos, most) for _ in range(people)]
                # "No difference" counts one half, so answers have a smaller preference.
                true = UNDECIDED / 2 + (1 - UNDECIDED) * preference
                claimed = np.mean([is_decided(one) for one in found])
                wrong = np.mean([one.verdict != "better" and is_decided(one) for one in found])
                covered = np.mean([one.share.low <= true <= one.share.high for one in found])
                answers = np.mean([one.share.answers for one in found])
                print(
                    f"{photos:6d}  {kind:7s} {most:5d}  {preference:10.1f}  {claimed:6.1%}  "
                    f"{claimed if preference == 0.5 else wrong:5.1%}  {covered:6.1%}  "
                    f"{answers:7.0f}"
                )


if __name__ == "__main__":
    main()

"""How often a claim is wrong that may be looked at again, on differences that are made up.

    python benchmarks/extensions.py [--claims N]

Studies claim after five seeds, and add five or twenty each time while nothing is decided; or as
many as seem to be needed, which is the worst that a user can do. Or they go on with more to try,
and claim other weights on five seeds of their own, until something is confirmed. Comparisons look
four times at up to twelve seeds. Differences have the standard deviation 1 and no gain; normal, or
with heavy tails (Student's with three degrees of freedom).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from tuner.search.error_spending import level_of_a_look, level_of_a_part

Draw = Callable[[int], np.ndarray]
FIRST, LOOKS, MOST = 5, (3, 6, 9, 12), 3


def main() -> None:
    """Prints a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--claims", type=int, default=4000, help="simulated claims a row")
    claims = options.parse_args().claims
    random = np.random.default_rng(0)
    noises: dict[str, Draw] = {
        "normal": random.standard_normal,
        "heavy tails": lambda number: random.standard_t(3, number),
    }
    print(f"{'claim':<26} {'noise':<12} {'wrong at some look':>18} {'said to be better':>18}")
    for noise, draw in noises.items():
        for name, more in {"5 each time": 5, "20 each time": 20, "as seems needed": 0}.items():
            for extensions in range(MOST + 1):
                row = np.mean([extended(draw, extensions, more) for _ in range(claims)], axis=0)
                print(f"{f'{name}, {extensions}':<26} {noise:<12} {row[0]:>18.1%} {row[1]:>18.1%}")
        for parts in range(1, MOST + 1):
            row = np.mean([went_on(draw, parts) for _ in range(claims)], axis=0)
            print(f"{f'goes on, {parts}':<26} {noise:<12} {row[0]:>18.1%} {row[1]:>18.1%}")
        row = np.mean([compared(draw) for _ in range(claims)], axis=0)
        print(f"{'tuner compare':<26} {noise:<12} {row[0]:>18.1%} {row[1]:>18.1%}")


def extended(draw: Draw, extensions: int, more: int) -> tuple[bool, bool]:
    """Whether an interval left the truth out, and whether B was said to be better."""
    gains = draw(FIRST)
    looks: tuple[int, ...] = (FIRST,)
    low, high = interval(gains, FIRST, looks, 0)
    for number in range(1, extensions + 1):
        if low > 0 or high < 0:
            break
        added = more or needed(gains)
        gains, looks = np.concatenate([gains, draw(added)]), (*looks, len(gains) + added)
        low, high = interval(gains, FIRST, looks, number)
    return low > 0 or high < 0, low > 0


def went_on(draw: Draw, parts: int) -> tuple[bool, bool]:
    """The same of a study that goes on until something is confirmed, each time on new seeds."""
    levels = [level_of_a_look(FIRST, (FIRST,), 0)]
    levels += [level_of_a_part([(1, False)] * number, 0) for number in range(1, parts + 1)]
    intervals = [interval_at(level, draw(FIRST)) for level in levels]
    wrong = any(low > 0 or high < 0 for low, high in intervals)
    return wrong, any(low > 0 for low, _high in intervals)


def compared(draw: Draw) -> tuple[bool, bool]:
    """The same of two sets of weights that are looked at as planned."""
    gains = draw(LOOKS[-1])
    for number, seeds in enumerate(LOOKS, start=1):
        low, high = interval(gains[:seeds], LOOKS[-1], LOOKS[:number], 0)
        if low > 0 or high < 0:
            return True, low > 0
    return False, False


def interval(
    gains: np.ndarray, planned: int, looks: tuple[int, ...], extensions: int
) -> tuple[float, float]:
    """Of the differences alone, without the noise that a study's other trainings show."""
    return interval_at(level_of_a_look(planned, looks, extensions), gains)


def interval_at(level: float, gains: np.ndarray) -> tuple[float, float]:
    """The interval of differences at a two-sided error."""
    quantile = float(stdtrit(len(gains) - 1, 1 - level / 2))
    margin = quantile * float(np.std(gains, ddof=1)) / sqrt(len(gains))
    return float(np.mean(gains)) - margin, float(np.mean(gains)) + margin


def needed(gains: np.ndarray) -> int:
    """The fewest seeds, up to twenty, that would decide if they went on as these."""
    ratio = abs(float(np.mean(gains))) / float(np.std(gains, ddof=1))
    total = (2.7 / ratio) ** 2 if ratio else np.inf
    return int(np.clip(np.ceil(total) - len(gains), 1, 20)) if np.isfinite(total) else 20


if __name__ == "__main__":
    main()

"""The questions to a person: pairs of pictures in a blind and shuffled order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tuner.preference.stop import MOST
from tuner.results import Choice

Answer = Literal["left", "right", "same"]


@dataclass(frozen=True)
class Question:
    """A pair of pictures as it is shown.

    Attributes:
        photo: Number of the photo, counted from 0.
        seed: Of both trainings.
        best_is_left: Whether the picture of the best weights is on the left.
    """

    photo: int
    seed: int
    best_is_left: bool

    def choice(self, answer: Answer) -> Choice:
        """What an answer says about the weights."""
        if answer == "same":
            return "same"
        return "best" if (answer == "left") == self.best_is_left else "start"


def questions_of(
    photos: int, seeds: Iterable[int], identity: str, order: int
) -> tuple[Question, ...]:
    """The questions in their order: each photo once before any comes twice, at most sixty.

    Where there are fewer than sixty pairs each is shown once more, with its sides exchanged.

    Args:
        photos: How many photos are shown.
        seeds: Those of the claim.
        identity: Of the study, so that two studies have different orders.
        order: The seed of the order.
    """
    chance = random.Random(f"{identity} {order}")  # noqa: S311 - no secret depends on it
    once = [
        Question(photo, seed, best_is_left=chance.random() < 1 / 2)
        for photo, seed in _rounds(photos, sorted(seeds), chance)
    ]
    again = [Question(one.photo, one.seed, not one.best_is_left) for one in once]
    return (*once, *again)[:MOST]


def _rounds(photos: int, seeds: list[int], chance: random.Random) -> Iterator[tuple[int, int]]:
    """All pairs of photo and seed; every photo is once in each round."""
    orders = [chance.sample(seeds, len(seeds)) for _ in range(photos)]
    for number in range(len(seeds)):
        for photo in chance.sample(range(photos), photos):
            yield photo, orders[photo][number]

"""What a person prefers: answers to pairs of pictures, and what follows from them."""

from __future__ import annotations

from typing import Literal

from tuner.results.comparison import Verdict
from tuner.results.trial import Record

Choice = Literal["best", "same", "start"]
"""The picture of which weights a person prefers; `same` where there is no difference."""

FEWEST_PHOTOS = 6
"""Below so many photos each counts as a single answer: that all photos agree by luck, which
happens one time in 2 to the power of their number less one, is then too likely."""


class JudgedPair(Record):
    """A person's answer to one pair of pictures: one photo, colored by two trainings of one seed.

    Attributes:
        photo: Number of the shown photo, counted from 0.
        seed: Of both trainings.
        gain: What the score says of these pictures, start minus best, so that it prefers the best
            weights where it is above 0; None where it cannot be computed.
    """

    photo: int
    seed: int
    choice: Choice
    gain: float | None = None


class Proportion(Record):
    """A share of answers with its interval, all in [0, 1].

    Attributes:
        answers: How many answers it is made of.
        photos: How many photos these are about.
    """

    value: float
    low: float
    high: float
    answers: int
    photos: int


class Preference(Record):
    """Whether a person prefers pictures of the best weights to those of the start weights.

    Attributes:
        order: The seed of the order of pairs, and of the sides.
        pairs: The answers, in the order in which they were given.
        share: Of the answers that prefer the best weights; no difference counts as one half.
        looks: After how many answers it was decided whether to go on, ascending, the last included.
            The interval of `share` holds at all of them together.
        verdict: `better` where that interval lies above one half, `worse` where below.
        agreement: Share of the person's preferences in which the score orders the pictures alike;
            None where there are no preferences, or no scores.
    """

    order: int
    pairs: tuple[JudgedPair, ...]
    share: Proportion
    looks: tuple[int, ...]
    verdict: Verdict
    agreement: Proportion | None = None

"""One person and a study's pairs: what is asked next, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tuner.preference.agreement import Gains
from tuner.preference.questions import Answer, Question
from tuner.preference.stop import FEWEST, is_decided, looks_until, planned_looks, preference_of
from tuner.results import JudgedPair, Preference


@dataclass
class Sitting:
    """The answers of one person so far.

    Attributes:
        questions: In the order in which they are asked.
        order: The seed of that order.
        gains: What the score says of the pictures.
        answers: To the first questions, in their order.
        ended: Whether the person does not want to go on.
    """

    questions: Sequence[Question]
    order: int
    gains: Gains
    answers: list[Answer] = field(default_factory=list)
    ended: bool = False

    @property
    def fewest(self) -> int:
        """Answers after which a preference may show."""
        return min(FEWEST, len(self.questions))

    def answer(self, number: int, answer: Answer) -> None:
        """Takes an answer to a question; one that is not the next is an echo, and ignored."""
        if number == len(self.answers) and not self.is_over():
            self.answers.append(answer)

    def take_back(self) -> None:
        """Asks the latest question again."""
        if self.answers and not self.is_over():
            self.answers.pop()

    def end(self) -> None:
        """Asks nothing more, if anything was answered."""
        self.ended = bool(self.answers)

    def is_over(self) -> bool:
        """Whether nothing more is asked."""
        number = len(self.answers)
        if self.ended or number == len(self.questions):
            return True
        looked_at = number in planned_looks(len(self.questions))
        return looked_at and is_decided(self.preference())

    def preference(self) -> Preference:
        """What follows from the answers so far, of which there is at least one."""
        number, most = len(self.answers), len(self.questions)
        last = self.ended or number == most
        return preference_of(self._pairs(), self.order, looks_until(number, most), last=last)

    def at_once(self) -> Preference:
        """What follows from answers that were given without a look in between."""
        return preference_of(self._pairs(), self.order, (len(self.answers),), last=True)

    def _pairs(self) -> list[JudgedPair]:
        asked = zip(self.questions, self.answers, strict=False)
        return [
            JudgedPair(
                photo=one.photo,
                seed=one.seed,
                choice=one.choice(answer),
                gain=self.gains.get((one.photo, one.seed)),
            )
            for one, answer in asked
        ]

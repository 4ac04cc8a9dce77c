"""What the page of `tuner judge` asks for, and never which side is which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from threading import Event, Lock
from typing import Any, get_args

import numpy as np
from PIL import Image

from tuner.preference.pictures import Pictures
from tuner.preference.questions import Answer
from tuner.preference.sitting import Sitting

ANSWERS = get_args(Answer)


@dataclass
class JudgePage:
    """What the page asks for, whatever the protocol; requests may come at once.

    Attributes:
        pictures: Of the study.
        sitting: The answers of the person.
        keep: Called after every change of the answers.
        conclude: Called once, when nothing more is asked; returns what is said then.
        over: Set once the page has been told so, or cannot go on.
        failure: Why it cannot go on, such as a full disk.
    """

    pictures: Pictures
    sitting: Sitting
    keep: Callable[[Sitting], None]
    conclude: Callable[[Sitting], tuple[str, ...]]
    over: Event = field(default_factory=Event)
    failure: BaseException | None = None
    _sentences: tuple[str, ...] = ()
    _lock: Lock = field(default_factory=Lock)

    def state(self) -> dict[str, Any]:
        """What is asked next, or what follows; nothing of which side is which."""
        with self._lock:
            if self.sitting.is_over() and not self._sentences:
                self._sentences = self.conclude(self.sitting)
            return {
                "number": len(self.sitting.answers),
                "fewest": self.sitting.fewest,
                "most": len(self.sitting.questions),
                "over": bool(self._sentences),
                "sentences": self._sentences,
            }

    def act(self, action: str, body: dict[str, Any]) -> bool:
        """Does what the person wants; False where that cannot be understood."""
        with self._lock:
            match action, body:
                case "/answer", {"number": int(number), "answer": str(answer)} if answer in ANSWERS:
                    self.sitting.answer(number, answer)  # type: ignore[arg-type]
                case "/back", _:
                    self.sitting.take_back()
                case "/finish", _:
                    self.sitting.end()
                case _:
                    return False
            self.keep(self.sitting)
            return True

    def fail(self, error: BaseException | None) -> None:
        """Ends with an error; the first one is the cause of the others."""
        self.failure = self.failure or error
        self.over.set()

    def picture(self, number: int, side: str) -> bytes | None:
        """A picture of a question as PNG; None where there is no such question."""
        if number >= len(self.sitting.questions):
            return None
        asked = self.sitting.questions[number]
        if side == "gray":
            return _png(self.pictures.gray[asked.photo])
        of = self.pictures.best if (side == "left") == asked.best_is_left else self.pictures.start
        return _png(of[asked.seed][asked.photo])


def _png(picture: np.ndarray) -> bytes:
    written = BytesIO()
    Image.fromarray(picture).save(written, "PNG")
    return written.getvalue()

"""Code that a study brings along: programs that it runs, and Python modules that it imports."""

from __future__ import annotations

from typing import Literal, get_args

from tuner.errors import TrainerError
from tuner.spec.study import StudySpec

OwnCode = Literal["command", "python"]
"""`command`: a program (`trainer.kind: command`). `python`: a module that is imported
(`trainer.kind: function`, `trainer.model`, `trainer.loss`)."""


def own_code(spec: StudySpec) -> frozenset[OwnCode]:
    """What kinds of code a study runs besides that of this package."""
    trainer, found = spec.trainer, set[OwnCode]()
    if trainer.run is not None or trainer.predict is not None:
        found.add("command")
    if trainer.entry is not None or trainer.loss is not None or trainer.model != "unet":
        found.add("python")
    return frozenset(found)


def allowed_code(text: str) -> frozenset[OwnCode]:
    """The kinds that an operator allows, from words with commas between them.

    Raises:
        TrainerError: A word is none of them.
    """
    known = {str(kind): kind for kind in get_args(OwnCode)}
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in known:
            raise TrainerError(f"worker: --allow {word}: expected command, python, or both")
    return frozenset(known[word] for word in words)

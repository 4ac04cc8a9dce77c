"""What is tried: a fault, the moment of a study at which it comes, and what came of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One way in which the surroundings of a study break.

    Attributes:
        name: What breaks, such as `journal.jsonl: one bit flipped`.
        kind: The heading of the table that it belongs to.
        inject: Breaks a working directory while the context is entered. It may be mended at the
            end, as a user would mend it: by making room, or by putting a copy back.
        lasting: Parts of the names of files that cannot be made again, or get other names, with
            spaces between them; they may differ at the end.
    """

    name: str
    kind: str
    inject: Callable[[Path], AbstractContextManager[None]]
    lasting: str = ""


@dataclass(frozen=True)
class Case:
    """A fault at a moment of a study.

    Attributes:
        study: Which of the small studies, see `studies.STUDIES`.
        moment: Name of a moment of that study.
    """

    study: str
    moment: str
    fault: Fault

    @property
    def name(self) -> str:
        """For the list of tests."""
        return f"{self.fault.name} - {self.study} - {self.moment}"


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        refused: The sentence of an error, where the study did not go on at once.
        said: What the user was told while it went on.
        differences: Between this study and an undisturbed one; empty where there are none.
    """

    refused: str
    said: tuple[str, ...]
    differences: tuple[str, ...]

"""The sitting of a study: its questions, what was answered before, and its record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tuner.errors import StorageError, TunerError
from tuner.journal.history import StudyHistory
from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import JournalFile
from tuner.journal.workspace import MIRROR
from tuner.preference.agreement import gains_of
from tuner.preference.answers_file import read_answers, write_answers
from tuner.preference.pictures import Pictures, load_pictures
from tuner.preference.questions import Question, questions_of
from tuner.preference.sitting import Sitting
from tuner.results import Preference
from tuner.results.events import PreferenceJudged


@dataclass(frozen=True)
class JudgedStudy:
    """A finished study whose pictures can be shown.

    Attributes:
        folder: The study's folder.
    """

    folder: Path
    history: StudyHistory
    pictures: Pictures

    @classmethod
    def load(cls, folder: Path) -> JudgedStudy:
        """Reads the study.

        Raises:
            TunerError: It has nothing to show.
            StudyNotFound: There is no such study, or no pictures.
            StorageError: A file cannot be read.
        """
        history = read_history(folder)
        if (folder / MIRROR).exists():
            raise TunerError(
                f"judge: '{history.study}' is a study of a shared storage, whose record is not "
                "here; only a study that ran in this folder can be judged"
            )
        return cls(folder, history, load_pictures(folder, history))

    @property
    def next_order(self) -> int:
        """The seed of the next order: each sitting has another one."""
        return max((one.order for one in self.history.preferences), default=-1) + 1

    def questions(self, order: int) -> tuple[Question, ...]:
        """All questions in an order."""
        return questions_of(
            len(self.pictures.photo), self.pictures.start, self.history.opened.uid, order
        )

    def sitting(self, order: int) -> Sitting:
        """A sitting, with the answers of one that was interrupted.

        Raises:
            StorageError: Those cannot be read, or this order was answered to its end before.
        """
        if any(one.order == order for one in self.history.preferences):
            raise StorageError(
                f"judge: order {order} of '{self.history.study}' is answered and recorded; "
                "without --seed the next one is taken"
            )
        questions = self.questions(order)
        sitting = Sitting(questions, order, gains_of(self.pictures, self.history))
        path = self._kept(order)
        if path.exists():
            found = read_answers(path, self.history.study, len(questions))
            sitting.answers += [found.by_pair[pair] for pair in sorted(found.by_pair)]
        return sitting

    def keep(self, sitting: Sitting) -> None:
        """Keeps the answers so far.

        Raises:
            StorageError: They cannot be written.
        """
        path, number = self._kept(sitting.order), len(sitting.questions)
        if sitting.answers:
            write_answers(path, self.history.study, sitting.order, number, sitting.answers)
        else:
            path.unlink(missing_ok=True)

    def answered(self, path: Path) -> Preference:
        """What follows from a file of answers, which were given without a look in between.

        Raises:
            StorageError: The file cannot be used.
        """
        most = len(self.questions(0))
        found = read_answers(path, self.history.study, most)
        questions, pairs = self.questions(found.order), sorted(found.by_pair)
        sitting = Sitting(
            [questions[pair - 1] for pair in pairs],
            found.order,
            gains_of(self.pictures, self.history),
            [found.by_pair[pair] for pair in pairs],
        )
        return sitting.at_once()

    def record(self, preference: Preference) -> None:
        """Writes the preference into the journal.

        Raises:
            StorageError: It cannot be written, or is recorded already.
        """
        if preference in self.history.preferences:
            raise StorageError(f"judge: these answers are in the record of '{self.history.study}'")
        with JournalFile(self.folder) as journal:
            journal.append(PreferenceJudged(preference=preference))

    def _kept(self, order: int) -> Path:
        return self.folder / f"judge-{order}.csv"

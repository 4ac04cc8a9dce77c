"""Keeps Optuna's copy of a study in agreement with the study's journal.

The journal is the truth. A copy that cannot be read, or that contradicts the journal, is written
again from it. A copy that has more results than the journal is refused: the journal is older.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import StudyChanged
from tuner.results import Trial, TrialResult
from tuner.results.progress import Say
from tuner.search.optuna_database import (
    DamagedDatabase,
    open_storage,
    reading,
    remove_rows,
    set_aside,
    shown,
)
from tuner.search.optuna_trials import REASON, asked_of, attributes_of
from tuner.search.result_cache import training_key


@dataclass(frozen=True)
class JournalTrials:
    """The trials that a journal has, by number.

    Attributes:
        begun: All that were begun, whether they ended or not.
        results: Of those that ended.
    """

    begun: Mapping[int, Trial] = field(default_factory=dict)
    results: Mapping[int, TrialResult] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.begun or self.results)

    def asked(self, number: int) -> Trial | None:
        """What a trial was asked to train; None where the journal does not know it."""
        result = self.results.get(number)
        return result.trial if result else self.begun.get(number)


def open_study(url: str | None, name: str) -> optuna.Study:
    """Opens a study, or makes it.

    Raises:
        StorageError: The database cannot be opened or read.
    """
    storage = open_storage(url)
    with reading(url):
        return optuna.create_study(
            storage=storage,
            study_name=name,
            sampler=RandomSampler(),  # never used: the procedure chooses the trials
            direction="minimize",
            load_if_exists=True,
        )


def open_study_as_in(journal: JournalTrials, url: str | None, name: str, say: Say) -> optuna.Study:
    """Opens a study whose trials do not contradict the journal; some may be missing.

    Args:
        say: Is told what was damaged.

    Raises:
        StudyChanged: The database has results that the journal lacks.
        StorageError: The database cannot be opened, or is damaged and there is no journal.
    """
    if url is None:
        return open_study(url, name)
    try:
        study = open_study(url, name)
        with reading(url):
            stored = study.get_trials(deepcopy=False)
            problem = contradiction(stored, journal)
    except DamagedDatabase as error:
        if not journal:
            raise
        problem = error.reason
    if problem:
        return _made_anew(url, name, problem, say)
    _refuse_an_older_journal(stored, journal, url, name)
    return study


def contradiction(stored: Sequence[FrozenTrial], journal: JournalTrials) -> str:
    """Says where stored trials contradict the journal; empty where they do not.

    Raises:
        ValueError: What is stored with a trial cannot be read.
    """
    if [trial.number for trial in stored] != list(range(len(stored))):
        return "numbers of trials are missing or doubled"
    for trial in stored:
        asked, wanted = asked_of(trial), journal.asked(trial.number)
        if wanted is None or (asked is None and not trial.state.is_finished()):
            continue
        if asked is None or training_key(asked) != training_key(wanted):
            return f"trial {trial.number} is another training than in the journal"
        if trial.params != dict(wanted.weights):
            return f"trial {trial.number} has other weights than in the journal"
        if any(trial.user_attrs.get(name) != own for name, own in attributes_of(asked).items()):
            return f"trial {trial.number} is described in two ways"
        result = journal.results.get(trial.number)
        if result and trial.state.is_finished() and not _ended_so(trial, result):
            return f"trial {trial.number} ended otherwise than in the journal"
    return ""


def _ended_so(trial: FrozenTrial, result: TrialResult) -> bool:
    if trial.intermediate_values != {one.step: one.score for one in result.evaluations}:
        return False
    if result.score is None:
        told = trial.user_attrs.get(REASON, "") == result.reason
        return told and trial.state in (TrialState.FAIL, TrialState.PRUNED)
    return trial.state == TrialState.COMPLETE and trial.value == result.score


def _made_anew(url: str, name: str, problem: str, say: Say) -> optuna.Study:
    """A study without trials, in place of a damaged one."""
    damaged = f"{shown(url)} was damaged ({problem}): the trials of '{name}' are written again"
    try:
        remove_rows(url, name)
        study = open_study(url, name)
        say(f"{damaged} from the journal")
    except DamagedDatabase:
        say(f"{damaged} from the journal into a new file; the old one is {set_aside(url).name}")
        return open_study(url, name)
    return study


def _refuse_an_older_journal(
    stored: Sequence[FrozenTrial], journal: JournalTrials, url: str, name: str
) -> None:
    scored = (TrialState.COMPLETE, TrialState.PRUNED)
    lacking = [
        trial.number
        for trial in stored
        if trial.state in scored and trial.number not in journal.results and asked_of(trial)
    ]
    if lacking:
        file = Path(shown(url))
        raise StudyChanged(
            f"{file} holds results of '{name}' that its journal lacks ({len(lacking)} trials, "
            f"the first is number {lacking[0]}), so the journal is an older copy; put the newer "
            f"journal back, or move {file.name} away to go on from the older one"
        )

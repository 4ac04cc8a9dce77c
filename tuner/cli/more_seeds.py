"""`tuner run --confirm N`: adds fresh seeds to the claim of a finished study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import StudyChanged, TunerError
from tuner.journal.workspace import Workspace

if TYPE_CHECKING:
    from tuner.spec.study import StudySpec


def with_more_seeds(folder: Path, asked: StudySpec | None, seeds: int) -> StudySpec:
    """The study with further seeds; one that was interrupted on its way to them goes on.

    Args:
        folder: The study's folder.
        asked: The study as options ask for it; None takes the recorded one.
        seeds: How many to add.

    Raises:
        StudyNotFound: Nothing was recorded.
        TunerError: It is not finished, or has no claim that seeds could settle.
    """
    from tuner.journal.history_builder import read_history
    from tuner.spec.study import StudySpec

    history = read_history(folder, curves=False)
    recorded = StudySpec.model_validate(history.spec)
    added = recorded.confirm.extensions
    if history.finished is None:
        found = Workspace(folder.parent.parent)
        _refuse_what_is_not_finished(history.study, added, seeds, found)
    elif history.finished.confirmation is None or not history.finished.confirmation.seeds:
        raise TunerError(
            f"--confirm {seeds}: '{history.study}' found nothing better than its start weights, so "
            "there is no claim that more seeds could settle"
        )
    else:
        added = (*added, seeds)
    spec = asked or recorded
    confirm = spec.confirm.model_copy(update={"extensions": added})
    return spec.model_copy(update={"confirm": confirm})


def _refuse_what_is_not_finished(
    study: str, added: tuple[int, ...], seeds: int, found: Workspace
) -> None:
    if not added:
        raise TunerError(
            f"--confirm {seeds}: '{study}' is not finished, and seeds are added to a finished "
            "study; go on with it first, or set repeats.confirm before it begins"
        )
    if added[-1] != seeds:
        raise StudyChanged(
            f"--confirm {seeds}: '{study}' is on its way to {added[-1]} further seeds; go on with "
            f"them first: {found.command('run', study, '--confirm', str(added[-1]))}"
        )

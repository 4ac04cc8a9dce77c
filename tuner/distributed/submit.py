"""Submits a study to a shared storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tuner.distributed.database import Database
from tuner.distributed.journal_table import JournalTable
from tuner.distributed.registry import new_name
from tuner.distributed.studies import StudyRegistry, SubmittedStudy
from tuner.errors import PhotosError, StorageError, StudyChanged
from tuner.journal.workspace import Workspace
from tuner.results.progress import Say
from tuner.runner.lifecycle import opening_event
from tuner.runner.resume import refuse_changes
from tuner.runner.warm_start import with_learned
from tuner.runner.within_hours import refuse_hours_without_pace
from tuner.search.optuna_database import create_storage, forget_study, knows_study
from tuner.spec.going_on import asks_for_more, goes_on_with, with_additions
from tuner.spec.plan import make_plan
from tuner.spec.secret_values import without_secrets
from tuner.spec.study import StudySpec
from tuner.spec.study_file import recorded_study


def open_database(url: str, say: Say) -> Database:
    """Opens a shared storage that has its tables.

    Raises:
        StorageError: It does not answer, or has no tables yet.
    """
    database = Database(url, say)
    try:
        if database.is_sqlite:
            create_tables(database)
        database.check()
    except StorageError:
        database.close()
        raise
    return database


def create_tables(database: Database) -> None:
    """Makes all tables, Optuna's and ours.

    Raises:
        StorageError: The database does not answer, or may not be changed.
    """
    database.create(lambda: create_storage(database.url))


def submit(
    spec: StudySpec,
    database: Database,
    workspace: Workspace,
    *,
    anyway: bool = False,
    restart: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SubmittedStudy:
    """Submits a study; one that is there already goes on, also with a larger budget.

    Args:
        anyway: Goes on although the start weights have not learned color.
        restart: Removes an earlier study of the name from the storage.
        progress: Called with the number of photos decoded and their total.

    Raises:
        StudyFileError: The study contradicts itself.
        StudyChanged: It is there with other settings.
        StorageError: The database refuses.
    """
    refuse_hours_without_pace(spec, alone=False)
    submissions = StudyRegistry(database)
    if restart:
        forget_study(database.url, spec.study)
        submissions.remove(spec.study)
    earlier = submissions.find(spec.study)
    spec = _as_submitted(spec, earlier, workspace)
    plan = make_plan(spec)
    if earlier is None:
        _refuse_a_foreign_study(database, spec.study)
    else:
        before = recorded_study(earlier.spec)
        refuse_changes(before, _with_photos_of(before, spec), "submitted")
    facts = earlier.facts if earlier else _facts(spec, workspace, progress)
    asked = without_secrets(_with_its_photos(spec)).model_dump(mode="json")
    if earlier is not None and earlier.state == "finished" and _is_equal(earlier, asked):
        return earlier
    submissions.leave(spec.study, asked, facts, anyway=anyway)
    submission = submissions.get(spec.study)
    journal = JournalTable(database, submission.uid, new_name())
    finished = earlier is not None and earlier.state == "finished"
    key = f"opened {submission.version}" if finished else "opened"
    journal.append([journal.draft(opening_event(spec, plan, submission.uid), key)])
    return submission


def _as_submitted(
    spec: StudySpec, earlier: SubmittedStudy | None, workspace: Workspace
) -> StudySpec:
    """The study with what was added to it before; a finished one may be asked for more."""
    if earlier is None:
        return with_learned(spec, workspace)
    before = recorded_study(earlier.spec)
    asked = with_additions(_with_photos_of(before, spec), before)
    if earlier.state == "finished" and asks_for_more(before, asked):
        asked = goes_on_with(before, asked)
    return asked.model_copy(update={"data": spec.data})


def _with_photos_of(before: StudySpec, spec: StudySpec) -> StudySpec:
    """The place of the photos differs between machines; their digest does not."""
    data = spec.data.model_copy(update={"photos": before.data.photos})
    return spec.model_copy(update={"data": data})


def _is_equal(earlier: SubmittedStudy, asked: Mapping[str, object]) -> bool:
    """Whether nothing new is asked for; defaults may be written or not."""
    return recorded_study(earlier.spec) == recorded_study(asked)


def _refuse_a_foreign_study(database: Database, name: str) -> None:
    if knows_study(database.url, name):
        raise StudyChanged(
            f"{database.shown} holds trials of '{name}' that were not submitted; give the new one "
            f"a name of its own (--set study={name}-2), or start afresh with --restart"
        )


def _with_its_photos(spec: StudySpec) -> StudySpec:
    """The study with an absolute path of its photos, which holds in any working directory."""
    if spec.data.photos == "sample" or "://" in spec.data.photos:
        return spec
    photos = str(Path(spec.data.photos).absolute())
    return spec.model_copy(update={"data": spec.data.model_copy(update={"photos": photos})})


def _facts(
    spec: StudySpec, workspace: Workspace, progress: Callable[[int, int], None] | None
) -> Mapping[str, str]:
    """Facts that every worker has to meet: the digest of the photos, if they can be read here."""
    if spec.trainer.kind == "builtin":
        from tuner.data.photo_cache import prepare_patches

        with suppress(PhotosError):  # they lie on the workers' machines; the first worker decides
            return {"photos": prepare_patches(spec.data, workspace.photo_cache, progress).digest}
    return {}

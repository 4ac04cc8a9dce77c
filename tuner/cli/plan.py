"""`tuner plan`: shows what would be tried, how long it takes and what it costs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import (
    Directory,
    Hours,
    Photos,
    Price,
    Quick,
    Sets,
    Steps,
    Study,
    load,
    words,
)
from tuner.errors import StudyFileError

if TYPE_CHECKING:
    from tuner.journal.history import StudyHistory
    from tuner.journal.workspace import Workspace
    from tuner.spec.plan import Plan
    from tuner.spec.study import StudySpec
    from tuner.training.pace import Pace

NIGHT = 8.0


def plan(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    hours: Hours = None,
    sets: Sets = None,
    directory: Directory = Path(),
    price: Price = 0.0,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a few steps for the estimate.")
    ] = True,
) -> None:
    """Show stages, trials, hours and price; nothing is trained."""
    spec = load(study, photos, steps, quick, sets, hours)
    again = words(study, photos, steps, quick, sets, directory)
    show_plan(spec, directory.absolute(), price=price, measure=measure, again=again)


def show_plan(
    spec: StudySpec, root: Path, *, price: float, measure: bool, again: Sequence[str] = ()
) -> None:
    """Shows what would be tried, how long it takes and what it costs.

    Args:
        price: Price of one hour; 0 leaves the price out.
        measure: Whether a few steps are timed.
        again: The options of this command but `--hours`, repeated in the next ones.

    Raises:
        TunerError: Something cannot be used, or the hours are too few.
    """
    from tuner.display.pages import print_plan, say_wrapped
    from tuner.journal.history_builder import find_history
    from tuner.journal.workspace import Workspace
    from tuner.spec.plan import make_plan

    workspace = Workspace(root)
    earlier = find_history(workspace.folder(spec.study), curves=False)
    if spec.budget.hours is not None:
        from tuner.runner.within_hours import within_hours

        if not measure:
            raise StudyFileError(("--no-measure: --hours needs the time of a step; leave it out",))
        spec = within_hours(spec, earlier, workspace.photo_cache, say_wrapped)
    spec = _going_on(spec, earlier)
    plan = make_plan(spec)
    print_plan(plan, earlier.noise_for(spec) if earlier else None, spec.objective.unit)
    if spec.trainer.kind != "builtin" or not measure:
        _missing_photos(spec)
    if measure:
        _measured(spec, workspace, earlier, plan, price=price, again=again)


def _missing_photos(spec: StudySpec) -> None:
    """Says where photos are missing that no measurement will look for."""
    from tuner.data.discovery import describe_missing
    from tuner.display.pages import say_wrapped

    if missing := describe_missing(spec):
        say_wrapped(f"NOTICE: {missing}; the study cannot run before that is mended.")


def _measured(
    spec: StudySpec,
    workspace: Workspace,
    earlier: StudyHistory | None,
    plan: Plan,
    *,
    price: float,
    again: Sequence[str],
) -> None:
    """Says how long the study takes and what it costs."""
    from tuner.checking.cost import describe_cost, describe_external_cost, is_long
    from tuner.display.pages import say, say_wrapped

    scripted = spec.trainer.kind != "builtin"
    if spec.data.vault and spec.objective.metric is None:
        from tuner.checking.photos import vault_of

        say(vault_of(spec.data, workspace.photo_cache, scripted=scripted))
    if scripted:
        results = earlier.results.values() if earlier and earlier.trains_like(spec) else ()
        for sentence in describe_external_cost(results, plan, spec.trainer.parallel, price):
            say_wrapped(sentence)
        return
    from tuner.training.pace import measure_pace

    pace = measure_pace(spec, workspace.photo_cache)
    for sentence in describe_cost(pace, plan, spec.trainer.steps_before, price):
        say_wrapped(sentence)
    if is_long(pace, plan, spec.trainer.steps_before) and spec.budget.hours is None:
        say("Use a GPU, or fewer values, seeds and steps, or --quick:")
        for command in _shorter(spec, pace, again or ["--study", spec.study]):
            say(f"  {command}")


def _going_on(spec: StudySpec, earlier: StudyHistory | None) -> StudySpec:
    """The study as it goes on, with what it adds to its finished form and keeps of it, said."""
    if earlier is None:
        return spec
    from tuner.display.pages import say_wrapped
    from tuner.runner.resume import as_recorded
    from tuner.spec.going_on import describe_going_on
    from tuner.spec.study_file import recorded_study

    asked, before = as_recorded(spec, earlier, say_wrapped), recorded_study(earlier.spec)
    if len(asked.earlier) > len(before.earlier):
        say_wrapped(describe_going_on(asked))
    elif added := asked.confirm.extensions[len(before.confirm.extensions) :]:
        say_wrapped(f"'{spec.study}' goes on with {sum(added)} more seeds for its claim.")
    return asked


def _shorter(spec: StudySpec, pace: Pace, again: Sequence[str]) -> Iterator[str]:
    """Commands that run the study in less time: on a GPU, with less of everything, quickly."""
    from tuner.runner.within_hours import hours_at
    from tuner.spec.within_hours import fewest_hours

    hours = max(NIGHT, ceil(1.25 * fewest_hours(spec, hours_at(pace))))  # the pace varies a little
    yield shlex.join(["tuner", "run", *again, "--set", "trainer.device=cuda"])
    yield shlex.join(["tuner", "run", *again, "--hours", f"{hours:g}"])
    if spec.preset != "quick":
        yield shlex.join(["tuner", "run", *again, "--quick"])

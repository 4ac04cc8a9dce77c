"""`tuner plan`: shows what would be tried, how long it takes and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli.options import Directory, Photos, Price, Quick, Sets, Steps, Study, load

if TYPE_CHECKING:
    from tuner.spec.study import StudySpec


def plan(
    study: Study,
    photos: Photos = None,
    steps: Steps = None,
    quick: Quick = False,
    sets: Sets = [],  # noqa: B006 - typer wants a list
    directory: Directory = Path(),
    price: Price = 0.0,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a few steps for the estimate.")
    ] = True,
) -> None:
    """Show stages, trials, hours and price; nothing is trained."""
    spec = load(study, photos, steps, quick, sets)
    show_plan(spec, directory.absolute(), price=price, measure=measure)


def show_plan(spec: StudySpec, root: Path, *, price: float, measure: bool) -> None:
    """Shows what would be tried, how long it takes and what it costs."""
    from tuner.display.pages import print_plan, say
    from tuner.journal.history import find_history
    from tuner.journal.workspace import Workspace
    from tuner.spec.plan import make_plan

    plan, workspace = make_plan(spec), Workspace(root)
    earlier = find_history(workspace.folder(spec.study))
    print_plan(plan, earlier.noise if earlier else None)
    if not measure:
        return
    from tuner.checking.cost import describe_cost, describe_external_cost

    if spec.data.vault and spec.objective.metric is None:
        from tuner.checking.photos import vault_of

        scripted = spec.trainer.kind != "builtin"
        say(vault_of(spec.data, workspace.photo_cache, scripted=scripted))
    if spec.trainer.kind == "builtin":
        from tuner.training.pace import measure_pace

        pace = measure_pace(spec, workspace.photo_cache)
        told = describe_cost(pace, plan, spec.trainer.steps_before, price)
    else:
        results = earlier.results.values() if earlier else ()
        told = describe_external_cost(results, plan, spec.trainer.parallel, price)
    for sentence in told:
        say(sentence)

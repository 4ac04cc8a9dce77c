"""One sitting at the terminal: a run with its display, a plan with its price, a replay."""

from __future__ import annotations

from contextlib import chdir, nullcontext, suppress
from pathlib import Path

from tuner.atomic import write_whole as write_export
from tuner.display.console import Display, open_display
from tuner.display.pages import print_plan, print_study, say
from tuner.errors import StorageError
from tuner.journal.history import StudyHistory, find_history, read_history
from tuner.journal.workspace import Workspace
from tuner.report.export import best_yaml
from tuner.runner.run import run_study
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec
from tuner.tracking.sync_state import last_report


def run_and_show(
    spec: StudySpec, root: Path, *, restart: bool, record: bool, anyway: bool = False
) -> None:
    """Runs a study with live progress, and says where everything is."""
    plan = make_plan(spec)
    workspace = Workspace(root)
    folder = workspace.folder(spec.study)
    earlier = None if restart else find_history(folder)
    if earlier is not None and _nothing_is_left(earlier, spec):
        run_study(spec, directory=root, record=record)
        if record:
            _catch_up(folder)
        say(f"'{spec.study}' is finished; nothing was left to train.")
        print_study(read_history(folder))
    else:
        try:
            with open_display(plan) as display:
                introduce(spec, display)
                if earlier is not None:
                    display.begin_with(
                        earlier.results.values(), earlier.stages, earlier.combination
                    )
                run_study(
                    spec,
                    directory=root,
                    listen=display,
                    restart=restart,
                    record=record,
                    anyway=anyway,
                )
        except BrokenPipeError:
            # Whoever read the story went away in the middle of it, as `head` does.
            raise KeyboardInterrupt from None
    write_results(spec.study, folder)


def show_plan(spec: StudySpec, root: Path, *, price: float, measure: bool) -> None:
    """Shows what would be tried, how long it takes and what it costs."""
    plan, workspace = make_plan(spec), Workspace(root)
    earlier = find_history(workspace.folder(spec.study))
    print_plan(plan, earlier.noise if earlier else None)
    if not measure:
        return
    from tuner.checking.cost import tell_cost, tell_own_cost

    if spec.trainer.kind == "builtin":
        from tuner.training.pace import measure_pace

        pace = measure_pace(spec, workspace.photo_cache)
        told = tell_cost(pace, plan, spec.trainer.steps_before, price)
    else:
        results = earlier.results.values() if earlier else ()
        told = tell_own_cost(results, plan, spec.trainer.parallel, price)
    for sentence in told:
        say(sentence)


def sync_with_mlflow(folder: Path, to: str | None) -> None:
    """Sends MLflow what it does not have yet.

    Raises:
        StorageError: MLflow does not take it.
    """
    from tuner.tracking.forwarder import forward

    # MLflow's default store lies in the working directory, which for the record is the study's.
    with nullcontext() if to else chdir(folder.parent.parent):
        report = forward(folder, to, lambda: False)
    if report.problem:
        raise StorageError(
            f"{report.pending} entries of the journal are not in MLflow yet: {report.problem}"
        )
    say(f"MLflow has everything ({report.sent} entries sent).")


def _catch_up(folder: Path) -> None:
    """Sends what a run that was killed at its very end could not send any more."""
    report = last_report(folder)
    if report is None or report.pending or report.problem:
        with suppress(StorageError):  # what is missing is said at the end
            sync_with_mlflow(folder, None)


def _nothing_is_left(earlier: StudyHistory, spec: StudySpec) -> bool:
    """Whether the study is finished as it is asked for now; a larger budget may ask for more."""
    return earlier.finished is not None and StudySpec.model_validate(earlier.spec) == spec


def introduce(spec: StudySpec, display: Display) -> None:
    """Says what the user should know before anything is trained."""
    if spec.preset == "quick" and spec.trainer.kind != "builtin":
        display.note(
            f"--quick asks your own trainer for {spec.trainer.steps} steps and changes nothing "
            "else; for weights to rely on, run without it."
        )
    elif spec.preset == "quick":
        display.note(
            f"--quick is a preset for a laptop without a GPU: {spec.data.image_size} px, "
            f"{spec.trainer.steps} steps{_quick_start(spec)}. It shows how the tuner works; for "
            "weights to rely on, run without it."
        )
    trained_with = spec.trainer.perceptual_net if spec.trainer.loss is None else None
    if spec.trainer.kind == "builtin" and spec.objective.lpips.net == trained_with:
        display.note(
            f"objective.lpips.net is '{spec.objective.lpips.net}', which is trained with too: "
            "a higher perceptual_weight then wins by construction"
        )


def _quick_start(spec: StudySpec) -> str:
    changed = [
        f"{name}={value:g}"
        for name, value in spec.weights.items()
        if spec.quick.get(f"weights.{name}") == value
    ]
    return (
        f", starting from weights that are ill on purpose ({', '.join(changed)})" if changed else ""
    )


def write_results(study: str, folder: Path) -> None:
    """Writes the best weights and the report, and says where everything is."""
    from tuner.report.page.render import write_report

    history = read_history(folder)
    write_export(folder / "best.yaml", best_yaml(history, _mlflow_run(folder)))
    say(f"Written to {folder / 'best.yaml'}; tuner export --study {study} copies it.")
    say(f"The report, to look at or to mail: {write_report(folder, history)}")
    _say_where_the_record_is(study, folder)


def _mlflow_run(folder: Path) -> str | None:
    report = last_report(folder)
    return report.parent_run_id if report else None


def _say_where_the_record_is(study: str, folder: Path) -> None:
    report = last_report(folder)
    if report is None:
        say(f"Not in MLflow yet: tuner sync --study {study}")
    elif report.pending or report.problem:
        say(f"MLflow does not have everything yet; later: tuner sync --study {study}")
    else:
        say(f"Every trial: tuner ui --study {study} (or: mlflow ui)")

"""Runs a study with live progress, and says beforehand what the user should know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

if TYPE_CHECKING:  # these load what only a run needs
    from collections.abc import Callable

    from tuner.display.console import Display
    from tuner.journal.history import StudyHistory, StudyPart
    from tuner.results import StudyResult
    from tuner.spec.study import StudySpec


def say_at_once(what: str, stream: TextIO) -> None:
    """The first line of a run, before anything is loaded that takes seconds."""
    typer.echo(f"{what}: loading the study, PyTorch and Optuna", file=stream)
    stream.flush()


def run_live(
    spec: StudySpec,
    root: Path,
    earlier: StudyHistory | None,
    stream: TextIO,
    *,
    restart: bool,
    record: bool,
    anyway: bool,
    finish: Callable[[], None],
) -> StudyResult:
    """Runs a study, or goes on with it.

    Args:
        root: The working directory.
        earlier: What an earlier run has recorded; None where the study begins.
        stream: Where progress is shown.
        finish: Writes the report.
    """
    from tuner.display.console import open_display
    from tuner.journal.workspace import Workspace
    from tuner.runner.run import run_study
    from tuner.spec.plan import make_plan

    try:
        with open_display(
            make_plan(spec),
            stream=stream,
            found_by=Workspace(root).options,
            unit=spec.objective.unit,
        ) as display:
            introduce(spec, display)
            if earlier is not None:
                display.begin_with(
                    earlier.results.values(),
                    earlier.stages,
                    earlier.combination,
                    _parts_before(earlier, spec),
                )
            found = run_study(
                spec,
                directory=root,
                listen=display,
                say=display.note,
                notify=display.progress,
                restart=restart,
                record=record,
                anyway=anyway,
            )
            with writing_the_report(display):
                finish()
            return found
    except BrokenPipeError:
        # The program that reads our output has ended, as `head` does.
        raise KeyboardInterrupt from None


@contextmanager
def writing_the_report(display: Display) -> Iterator[None]:
    """Shows that the report is written, which takes seconds."""
    from tuner.results.progress import announced

    with announced(display.progress, "report"):
        yield


def _parts_before(earlier: StudyHistory, spec: StudySpec) -> tuple[StudyPart, ...]:
    """The parts of a study that this run goes on from."""
    goes_on = len(spec.earlier) > len(earlier.parts)
    return (*earlier.parts, *((earlier.present_part,) if goes_on else ()))


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
            f"{spec.trainer.steps} steps. It shows how the tuner works; for weights to rely on, "
            f"run without it.{_quick_start(spec)}"
        )
    trained_with = spec.trainer.perceptual_net if spec.trainer.loss is None else None
    if spec.trainer.kind == "builtin" and spec.objective.lpips.net == trained_with:
        display.note(
            f"objective.lpips.net is '{spec.objective.lpips.net}', which is trained with too: "
            "a higher perceptual_weight then wins by construction"
        )


def _quick_start(spec: StudySpec) -> str:
    from tuner.spec.demo import bad_start, describe_demo

    changed = bad_start(spec.model_dump(mode="json"))
    return f" {describe_demo(changed)}" if changed else ""

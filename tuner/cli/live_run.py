"""Runs a study with live progress, and says beforehand what the user should know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # these load what only a run needs
    from tuner.display.console import Display
    from tuner.journal.history import StudyHistory
    from tuner.results import StudyResult
    from tuner.spec.study import StudySpec


def run_live(
    spec: StudySpec,
    root: Path,
    earlier: StudyHistory | None,
    stream: TextIO,
    *,
    restart: bool,
    record: bool,
    anyway: bool,
) -> StudyResult:
    """Runs a study, or goes on with it.

    Args:
        root: The working directory.
        earlier: What an earlier run has recorded; None where the study begins.
        stream: Where progress is shown.
    """
    from tuner.display.console import open_display
    from tuner.runner.run import run_study
    from tuner.spec.plan import make_plan

    try:
        with open_display(make_plan(spec), stream=stream) as display:
            introduce(spec, display)
            if earlier is not None:
                display.begin_with(earlier.results.values(), earlier.stages, earlier.combination)
            return run_study(
                spec,
                directory=root,
                listen=display,
                say=display.note,
                restart=restart,
                record=record,
                anyway=anyway,
            )
    except BrokenPipeError:
        # The program that reads our output has ended, as `head` does.
        raise KeyboardInterrupt from None


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
    from tuner.spec.demo import DEMO, bad_start

    changed = bad_start(spec.model_dump(mode="json"))
    names = ", ".join(f"{name}={value:g}" for name, value in changed.items())
    return f" {DEMO[:-1]} ({names})." if changed else ""

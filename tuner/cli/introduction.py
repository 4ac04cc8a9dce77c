"""What is said before a run trains anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # these load what only a run needs
    from tuner.display.console import Display
    from tuner.spec.study import StudySpec


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

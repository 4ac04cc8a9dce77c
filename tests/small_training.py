"""A study of generated photos that trains in milliseconds, and what it tells."""

from dataclasses import replace
from pathlib import Path

import torch

from tuner.color.loss_terms import LossTerms
from tuner.results import Trial
from tuner.spec.study import StudySpec
from tuner.training.context import TrainingContext
from tuner.training.prepare import PreparedTraining, prepare

WEIGHTS = {"perceptual_weight": 1.0, "l_weight": 1.0, "ab_weight": 2.0, "saturation_weight": 0.1}
STEPS = 5
CPU = torch.device("cpu")


def spec_of(photos: Path, weights=WEIGHTS, net="random", **trainer) -> StudySpec:
    return StudySpec(
        study="small",
        data={"photos": str(photos), "image_size": 32},
        trainer={
            "model_args": {"base_width": 4},
            "steps": STEPS,
            "batch_size": 2,
            "perceptual_trunk": "random",
            "device": "cpu",
            **trainer,
        },
        weights=weights,
        stages=[{"vary": next(iter(weights)), "values": [0.5]}],
        objective={"lpips": {"trunk": net}},
    )


def trial(number: int = 0, seed: int = 1, steps: int = STEPS, **weights: float) -> Trial:
    return Trial(
        weights={**WEIGHTS, **weights}, seed=seed, steps=steps, role="candidate", number=number
    )


def prepared_of(spec: StudySpec, folder: Path, facts=None) -> PreparedTraining:
    cache = folder.parent / "small-cache"
    return prepare(spec, folder, cache, facts or {}, lambda _event: None, lambda *_views: None)


class Heard:
    """Listens to a bench: curve points and pictures by trial and step."""

    def __init__(self) -> None:
        self.points = []
        self.pictures = []
        self.finished = []

    def on(self, context: TrainingContext, **changes) -> TrainingContext:
        return replace(context, listen=self.points.append, show=self.show, **changes)

    def show(self, trial, step, *views) -> None:
        self.pictures.append((trial.number, step, views))

    def curve(self, number: int) -> list:
        return [(one.step, dict(one.values)) for one in self.points if one.number == number]

    def steps_of(self, name: str, number: int = 0) -> list[int]:
        return [step for step, values in self.curve(number) if name in values]


class Poisoned(LossTerms):
    """The loss, but NaN at one step of the trials that have `a_weight` 7."""

    def __init__(self, terms: LossTerms, step: int) -> None:
        super().__init__(terms.perceptual)
        self.left = step

    def compare(self, prediction, target_side, a_weight=1.0, b_weight=1.0, **rest):
        components = super().compare(prediction, target_side, a_weight, b_weight, **rest)
        if a_weight == 7:
            self.left -= 1
            if not self.left:
                components["ab_chrominance"] = components["ab_chrominance"] * float("nan")
        return components

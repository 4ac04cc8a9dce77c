"""What was asked: a study as an immutable record.

The record says what a study file may contain; `study_file` reads one. Nothing here
loads torch, so a study can be checked in the blink of an eye.
"""

from tuner.study.base import PerceptualNet, Word, tidy
from tuner.study.judging import (
    GuardrailsSpec,
    LpipsSpec,
    ObjectiveSpec,
    Reaction,
    RepeatsSpec,
    TermSpec,
)
from tuner.study.stage import StageSpec
from tuner.study.trainer import (
    Engine,
    Input,
    MetricsSpec,
    Output,
    Precision,
    SetSpec,
    TrainerSpec,
)
from tuner.study.whole import BudgetSpec, ConfirmSpec, DataSpec, Otherwise, StudySpec

__all__ = [
    "BudgetSpec",
    "ConfirmSpec",
    "DataSpec",
    "Engine",
    "GuardrailsSpec",
    "Input",
    "LpipsSpec",
    "MetricsSpec",
    "ObjectiveSpec",
    "Otherwise",
    "Output",
    "PerceptualNet",
    "Precision",
    "Reaction",
    "RepeatsSpec",
    "SetSpec",
    "StageSpec",
    "StudySpec",
    "TermSpec",
    "TrainerSpec",
    "Word",
    "tidy",
]

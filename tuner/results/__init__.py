"""The results of a study as immutable records: trials, comparisons, steps, and the claim."""

from tuner.results.comparison import Comparison, Noise, OtherPhotos, Verdict
from tuner.results.guardrail import Guardrail, GuardrailCheck, RefusedBetter
from tuner.results.preference import FEWEST_PHOTOS, Choice, JudgedPair, Preference, Proportion
from tuner.results.stage import (
    CombinationResult,
    Finalist,
    Simplification,
    StageResult,
    SurfacePoint,
)
from tuner.results.study import RivalResult, Share, StudyResult, WeightEffect
from tuner.results.trial import (
    ON_THE_WAY,
    Evaluation,
    Prune,
    Record,
    Role,
    RunningTrial,
    Status,
    Trial,
    TrialResult,
    never_prune,
    row,
)

__all__ = [
    "FEWEST_PHOTOS",
    "ON_THE_WAY",
    "Choice",
    "CombinationResult",
    "Comparison",
    "Evaluation",
    "Finalist",
    "Guardrail",
    "GuardrailCheck",
    "JudgedPair",
    "Noise",
    "OtherPhotos",
    "Preference",
    "Proportion",
    "Prune",
    "Record",
    "RefusedBetter",
    "RivalResult",
    "Role",
    "RunningTrial",
    "Share",
    "Simplification",
    "StageResult",
    "Status",
    "StudyResult",
    "SurfacePoint",
    "Trial",
    "TrialResult",
    "Verdict",
    "WeightEffect",
    "never_prune",
    "row",
]

"""Tunes the weights of a colorization loss, one at a time.

The public names are loaded when they are asked for, so that `import tuner` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.color.loss import ColorizationLossEnhanced
    from tuner.external.script_api import report, weights
    from tuner.runner.run import run_study
    from tuner.search.sampler import OneWeightAtATimeSampler
    from tuner.spec.study_file import load_study

__all__ = [
    "ColorizationLossEnhanced",
    "OneWeightAtATimeSampler",
    "load_study",
    "report",
    "run_study",
    "weights",
]

_HOMES = {
    "ColorizationLossEnhanced": "tuner.color.loss",
    "OneWeightAtATimeSampler": "tuner.search.sampler",
    "load_study": "tuner.spec.study_file",
    "report": "tuner.external.script_api",
    "run_study": "tuner.runner.run",
    "weights": "tuner.external.script_api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tuner' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)

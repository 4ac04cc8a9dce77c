"""The two calls of a training script; outside a study both do nothing.

    weights = tuner.weights(weights)
    tuner.report(step, {"loss": loss})

Inside a study they use an environment variable and a file. Only the standard library is loaded, so
that a copy of this file does the same in an environment without the tuner.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

try:
    from tuner.errors import TrainerError
except ImportError:  # a copy, all alone
    TrainerError = ValueError  # type: ignore[assignment, misc]

WEIGHTS = "TUNER_WEIGHTS"
OUT = "TUNER_OUT"
REPORTS = "tuner-reports.jsonl"
"""The file in the trial's folder to which `report` appends."""


def weights(own: Mapping[str, float]) -> dict[str, float]:
    """The weights to train with: your own, or inside a study those of the trial.

    Args:
        own: Your weights by name. Names that the study does not tune stay as they are.

    Raises:
        TrainerError: The study tunes a weight that is not among yours.

    Example:
        Outside a study your own weights come back; inside one, those of the trial.

        >>> import tuner
        >>> tuner.weights({"l1": 100.0, "gan": 1.0})
        {'l1': 100.0, 'gan': 1.0}
    """
    asked = os.environ.get(WEIGHTS)
    if asked is None:
        return dict(own)
    tried: dict[str, float] = json.loads(asked)
    missing = [name for name in tried if name not in own]
    if missing:
        raise TrainerError(
            f"tuner.weights: the script does not know {_listed(missing)}; the study has "
            f"{_listed(tried)}, the script has {_listed(own)}"
        )
    return {**own, **tried}


def report(step: int, metrics: Mapping[str, Any]) -> None:
    """Records numbers of a training while it goes on; they become curves.

    Args:
        step: Optimizer steps done.
        metrics: Numbers by name; any value that `float` takes, such as a tensor with one element.

    Example:
        Outside a study nothing is written.

        >>> import tuner
        >>> tuner.report(100, {"loss": 0.25, "psnr": 23.1})
    """
    out = os.environ.get(OUT)
    # Of several processes that train together only the first one reports.
    if out is None or os.environ.get("RANK", "0") != "0":
        return
    line = {**{name: float(value) for name, value in metrics.items()}, "step": int(step)}
    with (Path(out) / REPORTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _listed(names: Iterable[str]) -> str:
    *most, last = [f"'{name}'" for name in names] or ["no weights"]
    return f"{', '.join(most)} and {last}" if most else last

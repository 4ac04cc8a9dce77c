"""Sends a batch to MLflow; what MLflow refuses is left out and named, the rest arrives.

A refused number must not keep everything behind it from being sent, for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    Letter = Metric | Param | RunTag

REFUSED = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST")
"""Error codes of content that MLflow will not take later either."""


def log_in_parts(client: MlflowClient, run_id: str, letters: Sequence[Letter]) -> None:
    """Sends numbers, parameters and tags of a run: at once, and in halves where MLflow refuses.

    Raises:
        MlflowException: MLflow does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        _log(client, run_id, letters)
    except (MlflowException, OverflowError, TypeError) as error:
        if getattr(error, "error_code", REFUSED[0]) not in REFUSED:
            raise
        if len(letters) > 1:
            half = len(letters) // 2
            log_in_parts(client, run_id, letters[:half])
            log_in_parts(client, run_id, letters[half:])
            return
        refused = f"'{letters[0].key}' = {letters[0].value!r:.60}"
        logging.getLogger("mlflow.tuner").warning("run %s: %s left out: %s", run_id, refused, error)


def _log(client: MlflowClient, run_id: str, letters: Sequence[Letter]) -> None:
    from mlflow.entities import Metric, Param, RunTag

    client.log_batch(
        run_id,
        metrics=[one for one in letters if isinstance(one, Metric)],
        params=[one for one in letters if isinstance(one, Param)],
        tags=[one for one in letters if isinstance(one, RunTag)],
    )

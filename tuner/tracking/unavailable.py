"""Turns every failure of MLflow to take the record into one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tuner.errors.masking import masked


class TrackingUnavailable(Exception):
    """MLflow does not answer, or refuses; the same call may work later."""


@contextmanager
def tracking_unavailable(uri: str) -> Iterator[None]:
    """Raises `TrackingUnavailable` for every failure of MLflow."""
    try:
        from alembic.util import CommandError
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise TrackingUnavailable(f"MLflow cannot be loaded ({error})") from error
    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError, ImportError, OSError) as error:
        reason = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise TrackingUnavailable(
            masked(f"MLflow at {uri} does not take the record: {reason}")
        ) from error

"""Turns every failure of MLflow to take the record into one error; endless answers, too."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tuner.errors.masking import masked

LONGEST_ANSWER = 300.0
"""Seconds after which an answer counts as none.

MLflow limits the wait for the next byte only: a server that sends one now and then is waited for
without end.
"""


class TrackingUnavailable(Exception):
    """MLflow does not answer, or refuses; the same call may work later."""


@contextmanager
def tracking_unavailable(uri: str) -> Iterator[None]:
    """Raises `TrackingUnavailable` for every failure of MLflow."""
    try:
        from alembic.util import CommandError
        from google.protobuf.json_format import (  # type: ignore[import-untyped]
            Error as NotMlflows,
        )
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise TrackingUnavailable(f"MLflow cannot be loaded ({error})") from error
    try:
        with _limited(uri, LONGEST_ANSWER):
            yield
    except (
        *(MlflowException, SQLAlchemyError, CommandError, ImportError, OSError),
        NotMlflows,  # an answer in JSON with other fields, as of a proxy
    ) as error:
        reason = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise TrackingUnavailable(
            masked(f"MLflow at {uri} does not take the record: {reason}")
        ) from error


@contextmanager
def _limited(uri: str, seconds: float) -> Iterator[None]:
    """Raises `TrackingUnavailable` after some seconds, where the main thread can be interrupted."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TrackingUnavailable(
            masked(f"MLflow at {uri} does not take the record: no answer within {seconds:g} s")
        )

    handler = signal.signal(signal.SIGALRM, give_up)
    # Again every second: a library on the way may take the first one for a reason to try again.
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)  # another one's timer goes on
        signal.signal(signal.SIGALRM, handler)

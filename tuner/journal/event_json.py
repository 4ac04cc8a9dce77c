"""Events as lines of strict JSON, the same in a file and in a database."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import ValidationError

from tuner.results import TrialResult
from tuner.results.events import AnyEvent, Event, TrialFinished, TrialStarted
from tuner.wording import dotted

YEAR_10000 = 253_402_300_800.0
"""In seconds since the epoch; dates end there."""


def as_line(event: Event, at: float) -> str:
    """An event on one line.

    Args:
        at: When it happened, in seconds since the epoch.
    """
    return strict({"at": at, **event.model_dump(mode="python", by_alias=True)})


def from_line(line: str | bytes) -> tuple[Event, float]:
    """The event of a line, and when it happened.

    Raises:
        ValueError: The line is no event.
    """
    try:
        fields = json.loads(line)
        at = float(fields.pop("at"))
        event = AnyEvent.validate_python(fields)
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not an event: {error!r}") from error
    _refuse_what_cannot_be(event, at)
    return event, at


def reason_of(error: Exception) -> str:
    """Why a line is no event, in a few words."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{dotted(first['loc'])}: {first['msg']}"


def _refuse_what_cannot_be(event: Event, at: float) -> None:
    """Refuses what has the right types and was still not written by the tuner."""
    if not 0 <= at < YEAR_10000:
        raise ValueError(f"no time: {at}")
    match event:
        case TrialStarted(trial=trial) | TrialFinished(result=TrialResult(trial=trial)):
            if trial.varied is not None and trial.varied not in trial.weights:
                raise ValueError(f"a trial without its weight: {trial.varied}")


def strict(fields: dict[str, Any]) -> str:
    """JSON in which NaN and infinities are written as text."""
    line = json.dumps(_plain(fields), ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # a name of a file that is not UTF-8
        return json.dumps(_plain(fields), allow_nan=False)
    return line


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    return value

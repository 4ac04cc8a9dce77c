"""Events as lines of strict JSON, the same in a file and in a database."""

from __future__ import annotations

import json
import math
from typing import Any

from tuner.events import AnyEvent, Event


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
        return AnyEvent.validate_python(fields), at
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not an event: {error!r}") from error


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

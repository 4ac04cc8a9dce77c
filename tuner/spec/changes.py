"""What differs between a study as it was recorded and as it is now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tuner.spec.parsing.core_schema import write
from tuner.spec.secret_values import without_secrets
from tuner.spec.study import StudySpec
from tuner.wording import Keys, dotted

NOT_TRAINED = re.compile(
    r"symptom|roles.*|stages\[\d+\]\.because|trainer\.(device|engine|parallel|time_limit|check_steps)|budget\.max_trials|confirm\.(extensions|looks)|earlier|learned.*"
)
"""Keys that may change between two runs of a study: they do not affect any training of its
stages, and its claim keeps the looks that it was begun with."""

OF_EACH_TRAINING = {"data", "trainer", "objective"}
"""The sections on which the score of a training depends, beside its weights and its seed."""


def describe_changes(before: StudySpec, after: StudySpec) -> tuple[str, ...]:
    """The settings of training and judging that differ, such as `trainer.steps: 300 -> 500`."""
    return tuple(_changes(_plain(before), _plain(after), ()))


def trains_alike(before: StudySpec, after: StudySpec) -> bool:
    """Whether trainings of both have the same data, trainer and objective, so the same noise."""
    old, new = _plain(before, OF_EACH_TRAINING), _plain(after, OF_EACH_TRAINING)
    return not any(_changes(old, new, ()))


def _plain(spec: StudySpec, sections: set[str] | None = None) -> dict[str, Any]:
    """The study as it is recorded, or some of its sections."""
    asked = without_secrets(spec)
    return asked.model_dump(mode="json", exclude_none=True, include=sections)


def _changes(before: Any, after: Any, keys: Keys) -> Iterator[str]:
    if before == after or NOT_TRAINED.fullmatch(dotted(keys)):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before | after:
            yield from _changes(before.get(key), after.get(key), (*keys, key))
    elif keys == ("stages",):
        for index, (old, new) in enumerate(zip_longest(before, after)):
            yield from _changes(old, new, (*keys, index))
    else:
        yield f"{dotted(keys)}: {_brief(before)} -> {_brief(after)}"


def _brief(value: Any) -> str:
    return "not given" if value is None else write(value, flow=True)

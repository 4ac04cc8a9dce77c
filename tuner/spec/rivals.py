"""What the result of a study is compared with, besides the start weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.study import StudySpec


@dataclass(frozen=True)
class Rival:
    """A preset, or a weighting without search, with which the result is compared."""

    name: str
    weights: Mapping[str, float]


def rivals_of(spec: StudySpec) -> Iterator[Rival]:
    """The presets and weightings that the study asks for."""
    for name in dict.fromkeys(spec.compare):
        if name == "presets":
            for preset, weights in WEIGHT_PRESETS.items():
                if preset != "legacy":
                    yield Rival(preset, {**spec.weights, **weights})
        else:
            yield Rival(name, dict(spec.weights))


def challenger_of(spec: StudySpec) -> Rival | None:
    """The second set of weights, where two are compared in place of a search."""
    asked = spec.challenger
    return Rival(asked.name, dict(asked.weights)) if asked else None

"""Refuses a study whose numbers cannot be there, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuner.errors import TrainerError
from tuner.external.proposal.printed import groups_of
from tuner.spec.study import StudySpec
from tuner.wording import did_you_mean, listed


def refuse_unreported(spec: StudySpec, texts: Iterable[bytes]) -> None:
    """Refuses a number that is read from the output, but has no group there.

    Nothing is refused where a file of the script speaks of the tuner: it may report anything.

    Args:
        spec: A study with a metric of its own.
        texts: The files of the script.

    Raises:
        TrainerError: Says which number, and which ones are read.
    """
    pattern = spec.trainer.metrics.stdout if spec.trainer.metrics else None
    if pattern is None or spec.trainer.kind != "command":
        return
    groups = sorted(groups_of(pattern))
    unread = [(key, name) for key, name in _needed(spec) if name not in groups]
    if unread and not any(b"tuner" in text for text in texts):
        key, name = unread[0]
        raise TrainerError(
            f"{key}: '{name}' is never read: the groups of trainer.metrics.stdout are "
            f"{listed(groups)}{did_you_mean(name, groups)}; add (?P<{name}>...) to it"
        )


def _needed(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """The numbers that a trial has to have, each with the key that asks for it."""
    if spec.objective.metric is not None:
        yield "objective.metric", spec.objective.metric
    for name in spec.guardrails.metrics:
        yield "guardrails.metrics", name

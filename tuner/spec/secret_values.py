"""Secrets in a study: `trainer.env` may hold keys and passwords, which no record keeps.

A record keeps a digest. Where a study goes on by its record alone, as on the workers of a shared
storage, the value comes from the environment of the process that trains.
"""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import TrainerError, masking
from tuner.errors.masking import CONCEALED, concealed, is_secret
from tuner.spec.base import Word
from tuner.spec.placeholders import word
from tuner.spec.study import StudySpec


def without_secrets(spec: StudySpec) -> StudySpec:
    """The study as it is recorded: with digests in place of secret values."""
    env = spec.trainer.env
    kept = {name: _kept(name, value) for name, value in env.items()}
    if kept == dict(env):
        return spec
    return spec.model_copy(update={"trainer": spec.trainer.model_copy(update={"env": kept})})


def with_secrets(env: Mapping[str, Word], here: Mapping[str, str]) -> dict[str, Word]:
    """The variables with the secrets that this process has, where a record has only digests.

    Args:
        env: As in `trainer.env`.
        here: The environment of this process.

    Raises:
        TrainerError: A secret is missing here, or is another one than the study began with.
    """
    return {name: _value(name, value, here) for name, value in env.items()}


def _kept(name: str, value: Word) -> Word:
    text = word(value)
    return concealed(name, text) if isinstance(value, str) and is_secret(name, text) else value


def _value(name: str, value: Word, here: Mapping[str, str]) -> Word:
    if not isinstance(value, str) or not is_secret(name, value):
        return value
    secret = value
    if CONCEALED.fullmatch(value):
        secret = here.get(name, "")
        if concealed(name, secret) != value:
            fault = "has another value than the study began with" if secret else "is not set"
            raise TrainerError(
                f"trainer.env.{name}: a secret, of which the study keeps a digest only, and the "
                f"variable {name} {fault} (export {name}=...)"
            )
    masking.register_secret(secret)
    return secret

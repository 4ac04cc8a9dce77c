"""Passwords in addresses, masked before an address or an error is shown, logged or kept.

An address that is used is registered, so its password is masked in every later text, in whatever
form a library repeats it. An address in a text is masked by its form, too.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

MASK = "***"
SHORTEST = 4
"""Characters of a secret that is replaced wherever it occurs; shorter ones occur by chance."""

WORDS = ("tuner", "optuna", "mlflow", "postgres", "password", "secret")
"""Secrets that are words of our sentences; they are masked in addresses alone."""

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][\w+.\-]*://)(?P<rest>[^\s'\"<>]+)")
_VALUE = re.compile(  # a saved view of MLflow has a key that is no secret
    r"(?P<name>[?&;](?!viewStateShareKey=)[\w.\-]*"
    r"(?:pass|pwd|secret|token|key|credential)[\w.\-]*=)(?P<value>[^&;\s'\"]+)",
    re.IGNORECASE,
)
_registered: set[str] = set()


def register(address: str | None) -> None:
    """Notes the secrets of an address, for `masked`."""
    for secret in _secrets_of(address or ""):
        _registered.update({secret, unquote(secret)})


def register_secret(secret: str | None) -> None:
    """Notes a secret that is no address, for `masked`."""
    if secret:
        _registered.add(secret)


def masked(text: str) -> str:
    """A text without the passwords of addresses, and without the secrets that are registered."""
    shown = _ADDRESS.sub(_without_password, text)
    shown = _VALUE.sub(rf"\g<name>{MASK}", shown)
    for secret in sorted(_registered, key=len, reverse=True):
        if len(secret) >= SHORTEST and secret.lower() not in WORDS:
            shown = shown.replace(secret, MASK)
    return shown


def _without_password(found: re.Match[str]) -> str:
    scheme, rest = found["scheme"], found["rest"]
    before, at, place = rest.rpartition("@")  # a password may hold every other character
    user, colon, _ = before.partition(":")
    if at and scheme.lower().startswith("http"):
        return f"{scheme}{MASK}{at}{place}"  # a user without a password may be a token
    return f"{scheme}{user}{colon and ':' + MASK}{at}{place}"


def _secrets_of(address: str) -> list[str]:
    found = [match["value"] for match in _VALUE.finditer(address)]
    for match in _ADDRESS.finditer(address):
        user, colon, password = match["rest"].rpartition("@")[0].partition(":")
        if colon or match["scheme"].lower().startswith("http"):
            found.append(password if colon else user)
    return [secret for secret in found if secret]

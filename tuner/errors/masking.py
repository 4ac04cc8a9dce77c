"""Secrets, masked before a text is shown, logged or kept: passwords in addresses, and variables.

An address that is used is registered, so its password is masked in every later text, in whatever
form a library repeats it. An address in a text is masked by its form, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Protocol
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
_SECRET_NAME = re.compile(
    r"(?<!BY)PASS(?!ES|IVE)|PWD|SECRET|TOKEN(?!S|IZ)|CREDENTIAL|APIKEY"
    r"|(?:^|_)(?:KEY|AUTH|AUTHORIZATION)(?:_|$)"
)
CONCEALED = re.compile(r"\*{3}scrypt:[0-9a-f]{16}")
"""What stands in a record in place of the value of a secret variable."""

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


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret: by its name, or as an address with a password."""
    if CONCEALED.fullmatch(value):
        return True
    return bool(_SECRET_NAME.search(name.upper())) or masked(value) != value


def concealed(name: str, value: str) -> str:
    """What is recorded of a secret variable: a digest, which tells only whether it is the same.

    The digest takes a hundredth of a second, so that guessing takes long.
    """
    if CONCEALED.fullmatch(value):
        return value
    digest = hashlib.scrypt(value.encode(), salt=name.encode(), n=2**13, r=8, p=1, dklen=8)
    return f"{MASK}scrypt:{digest.hex()}"


class _Writable(Protocol):
    def write(self, content: bytes, /) -> object: ...


def copy_masked(lines: Iterable[bytes], to: _Writable) -> None:
    """Copies the output of another program, line by line, without secrets."""
    for line in lines:
        to.write(masked(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))


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

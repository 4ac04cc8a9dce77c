"""Names as MLflow takes them: cleaned, and kept apart.

MLflow refuses a whole batch for one name that it does not take. A name may have letters, digits and
`_-. :/`, at most 250 of them, and has to be a path that cannot be written shorter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 250
LONGEST_COUNT = 5
"""Characters that are left for a count behind a name."""


def clean_key(name: str) -> str:
    """A name that MLflow takes; equal to `name` where it takes that."""
    plain = re.sub(r"[^\w\-. :/]", "_", name, flags=re.ASCII)[:LONGEST]
    key = "/".join(_part(part) for part in plain.split("/"))[:LONGEST].rstrip("/")
    return re.sub(r"^\.\.", "__", key)  # MLflow takes it for a way out of a folder


def _part(part: str) -> str:
    return "_" * max(1, len(part)) if part in {"", ".", ".."} else part


class Keys:
    """The names of one run; two different names never become one.

    What a name becomes depends on the names before it, so the same order gives the same keys.
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._used: set[str] = set()

    def of(self, name: str) -> str:
        """The key of a name."""
        if name not in self._keys:
            self._keys[name] = self._unused(clean_key(name))
            self._used.add(self._keys[name])
        return self._keys[name]

    def _unused(self, key: str) -> str:
        wanted, count = key, 1
        while wanted in self._used:
            count += 1
            wanted = f"{key[: LONGEST - LONGEST_COUNT]}_{count}"
        return wanted


def clean_keys(values: Mapping[str, str]) -> dict[str, str]:
    """Values under cleaned names, kept apart."""
    keys = Keys()
    return {keys.of(name): value for name, value in values.items()}

"""How a database is connected to: over a network both ends give up what is silent for long."""

from __future__ import annotations

from typing import Any

SILENT = 60
"""Seconds after which a connection of which nothing is heard is dead."""

_SERVER = {
    # A worker that is frozen, or lost with its machine, must not hold a lock for hours.
    "idle_in_transaction_session_timeout": 1000 * SILENT,
    "tcp_keepalives_idle": SILENT // 2,
    "tcp_keepalives_interval": SILENT // 6,
    "tcp_keepalives_count": 3,
}


def connect_args(url: str) -> dict[str, Any]:
    """What a driver is told, by the address of the database."""
    if url.startswith("sqlite"):
        return {"timeout": 30}
    if not url.startswith("postgresql"):
        return {}
    return {
        "connect_timeout": 10,
        "keepalives_idle": SILENT // 2,
        "keepalives_interval": SILENT // 6,
        "keepalives_count": 3,
        "tcp_user_timeout": 1000 * SILENT,
        "options": " ".join(f"-c {name}={value}" for name, value in _SERVER.items()),
    }

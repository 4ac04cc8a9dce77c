"""Settings of connections to a database: both ends close a connection that is silent for long."""

from __future__ import annotations

from typing import Any

SILENT = 60
"""Seconds after which a silent connection counts as dead."""

SQLITE_PATIENCE = 30.0
"""Seconds that a process waits while another one writes to a SQLite file."""

_SERVER = {
    # A worker that is frozen, or lost with its machine, must not hold a lock for hours.
    "idle_in_transaction_session_timeout": 1000 * SILENT,
    "tcp_keepalives_idle": SILENT // 2,
    "tcp_keepalives_interval": SILENT // 6,
    "tcp_keepalives_count": 3,
}


def connect_args(url: str) -> dict[str, Any]:
    """Arguments for the driver of a database, by its address."""
    if url.startswith("sqlite"):
        return {"timeout": SQLITE_PATIENCE}
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

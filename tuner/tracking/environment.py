"""Makes MLflow patient for seconds instead of minutes, and silent on the terminal."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from tuner.errors import StorageError
from tuner.errors.masking import masked

LOGGERS = ("mlflow", "alembic", "urllib3", "sqlalchemy.engine", "huey")
PATIENCE = {
    # MLflow's own settings let one call block for four minutes and up to twenty.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # On a closed network telemetry only waits.
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


class _Masking(logging.Formatter):
    """Lines without passwords."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def limit_timeouts() -> None:
    """Limits every wait of MLflow, unless the user's environment sets it."""
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Sends the log of MLflow and its libraries to a file instead of the terminal."""
    limit_timeouts()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(ImportError):
            importlib.import_module("mlflow")  # sets up its loggers, which are then ours
        try:
            handler = logging.FileHandler(path, encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({error.strerror})") from error
        handler.setFormatter(_Masking("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        loggers = [logging.getLogger(name) for name in LOGGERS]
        before = [(logger.handlers, logger.propagate) for logger in loggers]
        for logger in loggers:
            logger.handlers, logger.propagate = [handler], False
        try:
            yield
        finally:
            for logger, (handlers, propagate) in zip(loggers, before, strict=True):
                logger.handlers, logger.propagate = handlers, propagate
            handler.close()

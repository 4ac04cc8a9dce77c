"""Ends a command: turns an exception into a sentence and an exit code.

0 done; 1 something the user can fix; 3 a bug of the tuner, with a log file; 130 interrupted.
`tuner compare` ends with 0 where B is better than A, 4 where no difference can be told or counts,
and 5 where B is worse.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from types import FrameType
from typing import NoReturn

from tuner.errors import TunerError, is_lack_of_memory, masking
from tuner.errors.masking import masked
from tuner.errors.threads import LOOK, Thread

FIXABLE = 1
BUG = 3
NO_DIFFERENCE = 4
WORSE = 5
INTERRUPTED = 130

ADDRESSES = ("MLFLOW_TRACKING_URI", "TUNER_STORAGE", "TUNER_SHARE", "TUNER_PHOTOS")
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "PGPASSWORD")
"""Variables of the environment that hold secrets."""

ACKNOWLEDGED_AFTER = 0.5
"""Seconds after a request to end until it is acknowledged, where the end takes longer."""

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG}
"""Errors of a disk, such as a full one; they are not bugs of the tuner."""


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turns an exception into a message on stderr and an exit code.

    Also a decorator: `@exit_codes()`.
    """
    request = _RequestToEnd()
    for number in requests_to_end():
        signal.signal(number, request)
    _register_secrets()
    _open_streams()
    try:
        with request.answered():
            yield
        sys.stdout.flush()
    except TunerError as error:
        _end(str(error), FIXABLE)
    except KeyboardInterrupt:
        _end_interrupted()
    except BrokenPipeError:
        # The program that reads our output has ended, as `head` does. That is not an error.
        _drop_output()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last line of defense
        if isinstance(error, OSError) and isinstance(error.__context__, KeyboardInterrupt):
            _end_interrupted()  # a terminal that was closed takes no last picture
        if is_lack_of_memory(error):
            _end(f"out of memory; make room, then go on with: {_same_command()}", FIXABLE)
        if isinstance(error, ModuleNotFoundError):
            _end(f"{error}: it is not installed, or this account may not read its files", FIXABLE)
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            _drop_output()
            place = f"{error.filename}: " if error.filename else ""
            _end(f"{place}{error.strerror}; then go on with: {_same_command()}", FIXABLE)
        _end(f"this is a bug in tuner ({type(error).__name__}: {error}); {_log(error)}", BUG)


def mask_tracebacks() -> None:
    """Lets a program that runs beside a study write its own bugs into its log without secrets."""
    _register_secrets()

    def write(_kind: object, error: BaseException, _trace: object) -> None:
        sys.stderr.writelines(masked(part) for part in traceback.format_exception(error))

    sys.excepthook = write


def requests_to_end() -> tuple[signal.Signals, ...]:
    """Signals that ask this process to end: of a program, Ctrl-C, and a terminal that is closed.

    One that is ignored stays so: `nohup` wants no end with the terminal.
    """
    asked = (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM))
    return tuple(one for one in asked if signal.getsignal(one) is not signal.SIG_IGN)


class _RequestToEnd:
    """Takes a signal like Ctrl-C, and says so where the end takes its time."""

    def __init__(self) -> None:
        self._is_known = False
        self._has_ended = Event()

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_known:
            self._is_known = True
            with suppress(MemoryError, RuntimeError):  # it ends without these words, too
                Thread(self._acknowledge_a_long_end).start(patience=LOOK)
        raise KeyboardInterrupt

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Says nothing more once the command has ended."""
        try:
            yield
        finally:
            self._has_ended.set()

    def _acknowledge_a_long_end(self) -> None:
        if not self._has_ended.wait(ACKNOWLEDGED_AFTER):
            _acknowledge()


def _acknowledge() -> None:
    with suppress(OSError, ValueError):
        print("tuner: interrupted; ending what is running", file=sys.stderr, flush=True)  # noqa: T201 - as above


def _register_secrets() -> None:
    """Notes every secret that a command can have been given."""
    for address in (*sys.argv[1:], *(os.environ.get(name) for name in ADDRESSES)):
        masking.register(address)
    for name in SECRETS:
        masking.register_secret(os.environ.get(name))


def _open_streams() -> None:
    """Gives closed streams a place to write to, and lets all write every character they can."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Lets what cannot be written any more end nowhere, else Python fails at its very end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(message: str, code: int) -> NoReturn:
    with suppress(OSError, KeyboardInterrupt):  # a closed terminal; a second request to end
        print(f"tuner: {masked(message)}", file=sys.stderr, flush=True)  # noqa: T201 - the message is the point
    sys.exit(code)


def _end_interrupted() -> NoReturn:
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    _end(f"interrupted; nothing is lost, go on with: {_same_command()}", INTERRUPTED)


def _same_command() -> str:
    words = [masked(word) for word in sys.argv[1:] if word != "--restart"]
    return shlex.join(["tuner", *words])


def _log(error: Exception) -> str:
    """Writes the traceback to a file, and returns a phrase with its path."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="tuner-bug-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"{_same_command()}\n\n")
            log.writelines(masked(part) for part in traceback.format_exception(error))
    except OSError as problem:
        return f"its details could not be written ({problem.strerror})"
    return f"details in {log.name}"

"""Ways in which one file of a study is damaged."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from faults.records import Fault

from tuner.errors import TunerError

KIND = "a damaged file"
Change = Callable[[bytes], bytes]


def emptied(content: bytes) -> bytes:
    return b""


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def bit_flipped(share: float) -> Change:
    """Flips the lowest bit of the byte at this share of the length."""

    def flip(content: bytes) -> bytes:
        place = int(share * (len(content) - 1))
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return flip


def overwritten(content: bytes) -> bytes:
    return b"a letter to my aunt\n" * (len(content) // 20 + 1)


CHANGES = {
    "emptied": emptied,
    "cut in half": cut_in_half,
    "one bit flipped near its start": bit_flipped(0.02),
    "one bit flipped in its middle": bit_flipped(0.5),
    "one bit flipped near its end": bit_flipped(0.98),
    "overwritten with text": overwritten,
}


def changed(pattern: str, change: Change) -> Callable[[Path], AbstractContextManager[None]]:
    """Changes the first file that fits; where the study refuses it, a copy is put back."""

    @contextmanager
    def inject(home: Path) -> Iterator[None]:
        file = first(home, pattern)
        whole = file.read_bytes()
        damaged = change(whole)
        assert damaged != whole
        file.write_bytes(damaged)
        try:
            yield
        except TunerError:
            file.write_bytes(whole)
            raise

    return inject


def deleted(pattern: str) -> Callable[[Path], AbstractContextManager[None]]:
    """Deletes the first file that fits; where the study refuses that, a copy is put back."""

    @contextmanager
    def inject(home: Path) -> Iterator[None]:
        file = first(home, pattern)
        whole = file.read_bytes()
        file.unlink()
        try:
            yield
        except TunerError:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(whole)
            raise

    return inject


def exchanged(pattern: str) -> Callable[[Path], AbstractContextManager[None]]:
    """Exchanges the first two files that fit, such as those of two seeds."""

    @contextmanager
    def inject(home: Path) -> Iterator[None]:
        one, other = sorted(home.glob(pattern))[:2]
        contents = one.read_bytes(), other.read_bytes()
        assert contents[0] != contents[1], f"{one} and {other} are equal"
        one.write_bytes(contents[1])
        other.write_bytes(contents[0])
        try:
            yield
        except TunerError:
            one.write_bytes(contents[0])
            other.write_bytes(contents[1])
            raise

    return inject


def all_damages(pattern: str, name: str) -> list[Fault]:
    """Every damage of a file, by its path relative to the working directory."""
    ways = {
        **{what: changed(pattern, change) for what, change in CHANGES.items()},
        "deleted": deleted(pattern),
    }
    return [Fault(f"{name}: {what}", KIND, inject) for what, inject in ways.items()]


def first(home: Path, pattern: str) -> Path:
    """The first file that fits a pattern.

    Raises:
        LookupError: There is none.
    """
    found = sorted(home.glob(pattern))
    if not found:
        raise LookupError(f"no {pattern} in {home}")
    return found[0]

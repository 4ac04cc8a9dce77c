"""What decides the outcome of a trial besides its weights: the files of a script, its interpreter.

A study whose script is edited half-way would compare trainings that cannot be compared. So the
digest of all that can be seen is a fact of the study. Comments in Python may change, and so may
the values that the study itself writes.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tuner.errors import StudyChanged
from tuner.external.interpreter import INTERPRETER
from tuner.external.local_imports import module_files, with_imports
from tuner.external.patching import patched
from tuner.external.trial_dir import fields_of, working_folder
from tuner.files.atomic import write_whole
from tuner.results import Trial
from tuner.spec.base import Word
from tuner.spec.placeholders import is_python, word
from tuner.spec.study import StudySpec
from tuner.spec.trainer import SetSpec
from tuner.wording import some

SCRIPT = "script"
LIST = "script.json"
"""In the study's folder: each file with its digest, to tell later which one changed."""

SOURCES = frozenset(
    (".py", ".sh", ".bash", ".yml", ".yaml", ".json", ".toml", ".cfg", ".ini", ".conf", ".gin")
)
"""Endings of files that people write; a log or a checkpoint that a command names may change."""

PLACES = ("out", "train", "gray", "holdout", "trial")


class ScriptFiles:
    """The files of a study's script; one that stays the same is read once."""

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._cwd = working_folder(spec)
        self._marks: dict[Path, tuple[int, int]] = {}
        self._digests: dict[str, str] = {}

    def digests(self) -> dict[str, str]:
        """The digest of each file, by its path below the working folder."""
        if not self._marks or any(_mark(path) != mark for path, mark in self._marks.items()):
            asked = self._spec.trainer.set
            written = {(self._cwd / each.file).absolute(): each for each in asked}
            files = sorted(with_imports([*written, *self._named()], self._roots()))
            self._marks = {path: _mark(path) for path in files}
            self._digests = {
                Path(os.path.relpath(path, self._cwd)).as_posix(): self._digest(path, written)
                for path in files
            }
        return self._digests

    def texts(self) -> Iterator[bytes]:
        """The content of each file that can be read."""
        for name in self.digests():
            with suppress(OSError):
                yield (self._cwd / name).read_bytes()

    def _named(self) -> Iterator[Path]:
        """The files and modules that the commands name."""
        if self._spec.trainer.entry is not None:
            yield from module_files(self._spec.trainer.entry.partition(":")[0], self._roots())
        for words in self._commands():
            plain = [word(each) for each in words]
            for before, each in zip(["", *plain], plain, strict=False):
                if before == "-m":
                    yield from module_files(f"{each}.__main__", self._roots())
                    yield from module_files(each, self._roots())
                for part in {each, each.rpartition("=")[2]} - {plain[0]}:
                    with suppress(OSError, ValueError):  # too long, or no path at all
                        if Path(part).suffix in SOURCES and (self._cwd / part).is_file():
                            yield self._cwd / part
            if os.sep in plain[0] and not is_python(plain):
                yield self._cwd / plain[0]

    def _commands(self) -> list[Sequence[Word]]:
        asked = self._spec.trainer
        return [words for words in (asked.run, asked.predict) if words is not None]

    def _roots(self) -> list[Path]:
        """Where Python would look for modules of the project."""
        trainer = self._spec.trainer
        words = [word(each) for words in self._commands() for each in words]
        scripts = [
            *(one for one in words if one.endswith(".py")),
            *(one.file for one in trainer.set),
        ]
        paths = word(trainer.env.get("PYTHONPATH", "")).split(os.pathsep)
        folders = [*(str(Path(script).parent) for script in scripts), *paths, "."]
        usable = [each for each in dict.fromkeys(folders) if each and "{" not in each]
        return [(self._cwd / each).resolve() for each in usable]

    def _digest(self, path: Path, written: Mapping[Path, SetSpec]) -> str:
        try:
            content = path.read_bytes()
        except OSError:
            return "cannot be read"
        if path in written:
            content = self._with_our_values(written[path])
        if path.suffix == ".py":
            with suppress(SyntaxError, ValueError):
                content = ast.dump(ast.parse(content)).encode()
        return hashlib.sha256(content).hexdigest()[:12]

    def _with_our_values(self, asked: SetSpec) -> bytes:
        """The file with values that never change where the study writes its own."""
        spec = self._spec
        weights = dict.fromkeys(spec.weights, 1.0)
        trial = Trial(weights=weights, seed=1, steps=1, role="baseline")
        fields = {**fields_of(spec, trial, self._cwd, None), **{name: name for name in PLACES}}
        fields |= {f"set.{number}": "copy" for number in range(len(spec.trainer.set))}
        return patched(asked, self._cwd, fields).content


def _mark(path: Path) -> tuple[int, int]:
    try:
        now = path.stat()
    except OSError:
        return 0, 0
    return now.st_mtime_ns, now.st_size


def script_facts(digests: Mapping[str, str], interpreter: str) -> dict[str, str]:
    """The facts that must stay: short ones, for they stand in every record of the study."""
    text = json.dumps(digests, sort_keys=True)
    count = f"{len(digests)} file{'' if len(digests) == 1 else 's'}"
    facts = {SCRIPT: f"{count}, {hashlib.sha256(text.encode()).hexdigest()[:12]}"}
    return {**facts, **({INTERPRETER: interpreter} if interpreter else {})}


def keep_list(folder: Path, digests: Mapping[str, str]) -> None:
    """Writes down which file had which digest."""
    write_whole(folder / LIST, json.dumps(digests, indent=1, sort_keys=True) + "\n")


def refuse_a_changed_script(
    study: str, folder: Path, before: Mapping[str, str], digests: Mapping[str, str]
) -> None:
    """Refuses to go on with other files than the study began with.

    Args:
        folder: The study's folder.
        before: Facts of the study so far.
        digests: Of the files as they are now.

    Raises:
        StudyChanged: Names the files.
    """
    now = script_facts(digests, "")[SCRIPT]
    if before.get(SCRIPT, now) == now:
        return
    earlier: dict[str, str] = {}
    with suppress(OSError, ValueError):
        earlier = json.loads((folder / LIST).read_text(encoding="utf-8"))
    told = _differences(earlier, digests)
    what = some(told) if earlier and told else f"{before[SCRIPT]} -> {now}"
    raise StudyChanged(
        f"your script changed since '{study}' began ({what}), so its trials could not be compared; "
        "put it back, or start afresh with --restart"
    )


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [
        *(f"{name} was changed" for name in now if before.get(name, now[name]) != now[name]),
        *(f"{name} is new" for name in now if name not in before),
        *(f"{name} is no longer used" for name in before if name not in now),
    ]

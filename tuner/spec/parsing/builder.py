"""Builds a study from plain values, and remembers where each value came from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from tuner.errors import StudyFileError
from tuner.guide.presets import STUDY_PRESETS, WEIGHT_PRESETS
from tuner.spec.parsing.yaml12 import Document, NotYaml, typed
from tuner.wording import Keys, Mistake, did_you_mean, dotted, nearest, shown

KEY = re.compile(r"[^.\[\]=\s]+(?:\.[^.\[\]=\s]+|\[[0-9]{1,6}\])*")
KEY_PART = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


class SpecBuilder:
    """The values of a study file, changed by a preset and by overrides.

    Args:
        document: The file; it has a mapping at its top.
        source: Name of the file in messages.
    """

    def __init__(self, document: Document, source: str) -> None:
        self.values: dict[str, Any] = document.values
        self._document = document
        self._source = source
        self._origins: list[tuple[Keys, str]] = []
        self._refused = [
            _sentence(f"{source}:{line}", dotted(mistake.keys), mistake.text)
            for line, mistake in document.mistakes
        ]
        self._name_weights()

    def lay_preset(self, preset: str) -> None:
        """Applies a preset, then the values that the file itself has for this preset."""
        if preset not in STUDY_PRESETS:
            text = f"unknown preset '{preset}'{did_you_mean(preset, STUDY_PRESETS)}"
            self._refused.append(text)
            return
        for key, value in {**self._laid_by(preset), "preset": preset}.items():
            # Where a section is not a mapping, `check` reports that mistake.
            if _plant(self.values, key_parts(key), value) is None:
                self._origins.append((key_parts(key), f"--{preset}"))
        added = self.values.get(preset)
        for key, value in added.items() if isinstance(added, dict) else ():
            self._lay(str(key), value, f"{self._source}: {preset}.{key}")

    def _laid_by(self, preset: str) -> Mapping[str, Any]:
        """What a preset changes: for a trainer of the user's, the number of steps only.

        A model of the user's keeps its arguments.
        """
        trainer = self.values.get("trainer")
        if not isinstance(trainer, dict):
            return STUDY_PRESETS[preset]
        if trainer.get("kind", "builtin") == "builtin":
            own_model = trainer.get("model", "unet") != "unet"
            return {
                key: value
                for key, value in STUDY_PRESETS[preset].items()
                if not (own_model and key.startswith("trainer.model_args."))
            }
        asked, quick = trainer.get("steps"), STUDY_PRESETS[preset]["trainer.steps"]
        return {"trainer.steps": quick} if isinstance(asked, int) and asked > quick else {}

    def override(self, key: str, value: Any) -> None:
        """Sets one value; a text is read as YAML."""
        origin = f"--set {key}={value}"
        if misspelt := self._unknown_weight(key):
            self._refused.append(_sentence(origin, misspelt))
        else:
            self._lay(key, value, origin)

    def _unknown_weight(self, key: str) -> str:
        """What is wrong with a weight that the file lacks; the built-in loss has optional ones."""
        section, _, name = key.partition(".")
        weights, trainer = self.values.get("weights"), self.values.get("trainer")
        if section != "weights" or not isinstance(weights, dict) or name in weights:
            return ""
        builtin = not isinstance(trainer, dict) or trainer.get("kind", "builtin") == "builtin"
        if builtin and nearest(name, weights) is None:
            return ""
        return f"unknown weight '{name}'{did_you_mean(name, weights)}"

    def _lay(self, key: str, value: Any, origin: str) -> None:
        try:
            keys = key_parts(key)
            problem = _plant(self.values, keys, _plain(value))
        except NotYaml as error:
            problem = f"not valid YAML: {error.problem}"
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            self._refused.append(_sentence(origin, problem))
            return
        self._origins.append((keys, origin))
        self._name_weights()

    def sentences(self, mistakes: Iterable[Mistake]) -> tuple[str, ...]:
        """All mistakes as sentences: wrong values in the order of the file, then missing ones."""
        ordered = sorted(mistakes, key=self._order)
        return (*self._refused, *(_sentence(*self._place(each), each.text) for each in ordered))

    def _order(self, mistake: Mistake) -> tuple[bool, bool, int]:
        missing, overridden = mistake.about == "missing", self._origin(mistake) is not None
        return missing, overridden, self._document.line(mistake.keys)

    def _place(self, mistake: Mistake) -> tuple[str, str]:
        origin = self._origin(mistake)
        if origin is None:
            return f"{self._source}:{self._document.line(mistake.keys)}", dotted(mistake.keys)
        keys, words = origin
        return words, "" if keys == mistake.keys else dotted(mistake.keys)

    def _origin(self, mistake: Mistake) -> tuple[Keys, str] | None:
        """The last override that set the wrong value, or a part of its section."""
        wrong = mistake.keys
        # A section that contradicts itself was probably right before the override.
        new = mistake.about == "section" or wrong not in self._document.lines
        for keys, words in reversed(self._origins):
            if wrong[: len(keys)] == keys or (new and wrong and keys[: len(wrong)] == wrong):
                return keys, words
        return None

    def _name_weights(self) -> None:
        """Replaces the name of a preset, as in `weights: balanced`, by its weights."""
        name = self.values.get("weights")
        if isinstance(name, str) and name in WEIGHT_PRESETS:
            self.values["weights"] = dict(WEIGHT_PRESETS[name])


def key_parts(key: str) -> Keys:
    """The parts of a dotted key such as `stages[1].max`.

    Raises:
        ValueError: It is no dotted key; the text of the error says why.
    """
    if not KEY.fullmatch(key):
        raise ValueError(f"'{key}' is no key (expected one such as trainer.steps, stages[1].max)")
    return tuple(int(index) if index else name for index, name in KEY_PART.findall(key))


def parse_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """Overrides as they are typed: `trainer.steps=300` becomes `{"trainer.steps": "300"}`.

    Raises:
        StudyFileError: Some have no `=`.
    """
    pairs = {text: text.partition("=") for text in assignments}
    mistakes = [
        f"--set {text}: no '=' in it (expected KEY=VALUE, such as trainer.steps=300)"
        for text, (_, equals, _) in pairs.items()
        if not equals
    ]
    if mistakes:
        raise StudyFileError(tuple(mistakes))
    return {key.strip(): value for key, _, value in pairs.values()}


def _sentence(*parts: str) -> str:
    sentence = ": ".join(part for part in parts if part)
    # A line break in a key must not break the message.
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in sentence)


def _plant(values: dict[str, Any], keys: Keys, value: Any) -> str | None:
    """Puts a value at a key; returns a reason where there is no such place."""
    section: Any = values
    for depth, key in enumerate(keys):
        problem = _no_place(section, keys[:depth], key)
        if problem is not None:
            return problem
        if depth == len(keys) - 1:
            section[key] = value
        elif isinstance(section, dict) and section.get(key) is None:
            section[key] = {}
        section = section[key]
    return None


def _no_place(section: Any, above: Keys, key: str | int) -> str | None:
    if isinstance(section, dict) and isinstance(key, str):
        return None
    if isinstance(section, list) and isinstance(key, int):
        last = len(section) - 1
        return None if key <= last else f"{dotted(above)} has [0] to [{last}], there is no [{key}]"
    if isinstance(section, dict | list):
        kind = "names" if isinstance(section, dict) else "numbers in brackets"
        return f"the entries of {dotted(above)} have {kind}, there is no {dotted((key,))}"
    return f"{dotted(above)} is {shown(section)}, it has no {dotted((key,))}"


def _plain(value: Any) -> Any:
    """A value as it could stand in a study file; texts are read as on a command line."""
    match value:
        case str():
            return typed(value)
        case BaseModel():
            return value.model_dump(mode="json", exclude_none=True)
        case os.PathLike():
            return os.fspath(value)
        case Mapping():
            return {str(key): _plain_part(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain_part(part) for part in value]
        case None | bool() | int() | float():
            return value
        case _:
            kind = type(value).__name__
            raise ValueError(f"got a value of type '{kind}', expected text, numbers or lists")


def _plain_part(value: Any) -> Any:
    # A text inside a Python list or mapping stays a text: it was not typed as YAML.
    return value if isinstance(value, str) else _plain(value)

"""The section `trainer` of a proposed study."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.external.proposal.call import Call
from tuner.external.proposal.options import options_of
from tuner.external.proposal.outcome import Outcome
from tuner.external.proposal.purposes import Purpose, purpose_of
from tuner.external.proposal.script_text import ScriptText
from tuner.external.proposal.settings import Setting
from tuner.external.syntax import called_name, literal

SEEDED = ("python", "-m", "tuner.seeded")
SEEDING = ("manual_seed", "default_rng", "seed", "seed_everything", "RandomState", "set_seed")
COLORING: Mapping[Purpose, str] = {
    "train": "{gray}", "gray": "{gray}", "holdout": "{holdout}", "out": "{out}",
    "trial": "{trial}", "seed": "{seed}",
}  # fmt: skip
STEPS = 1000


@dataclass(frozen=True)
class Placed:
    """A setting that a trial changes, and the template that takes its place."""

    setting: Setting
    template: str


def trainer_section(
    call: Call,
    placed: Mapping[str, Placed],
    config: tuple[Path, str] | None,
    outcome: Outcome,
) -> dict[str, Any]:
    """The section.

    Args:
        placed: What a trial changes, by address.
        config: A file of options, and the option or word that hands it over.
    """
    constants, keys = _of(placed, "constant"), _of(placed, "key")
    files = [{"file": call.script.name, "constants": constants}] if constants else []
    if config and keys:
        files.append({"file": str(config[0]), "keys": keys})
    script = "{set.0}" if constants else call.script.name
    copy = {config[1]: f"{{set.{len(files) - 1}}}"} if config and keys else {}
    has_seed = any(one.setting.purpose == "seed" for one in placed.values())
    seeded = not has_seed and fixed_seed(call.script.module) is None
    start = SEEDED if seeded else SEEDED[:1]
    section: dict[str, Any] = {
        "kind": "command",
        "run": [*start, script, *_words(call, placed, copy)],
    }
    if outcome.predict:
        section["predict"] = [*start, outcome.predict.name, *_coloring(outcome.predict)]
    if files:
        section["set"] = files
    if outcome.pictures:
        section["predictions"] = f"{_folder(placed)}/**/{outcome.pictures}"
    if outcome.stdout:
        section["metrics"] = {"stdout": outcome.stdout}
    return section | _length(placed, epochs="<epoch>" in outcome.stdout)


def fixed_seed(module: ast.Module) -> int | None:
    """The line in which a generator gets a seed that no trial can change; None without one."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call) and node.args)
    seeding = (call for call in calls if called_name(call) in SEEDING)
    return next((call.lineno for call in seeding if isinstance(literal(call.args[0]), int)), None)


def _of(placed: Mapping[str, Placed], place: str) -> dict[str, str]:
    return {address: one.template for address, one in placed.items()
            if one.setting.place == place}  # fmt: skip


def _words(call: Call, placed: Mapping[str, Placed], copy: Mapping[str, str]) -> Iterator[str]:
    """The words of today with templates in place of values, and the options that are missing."""
    options = _of(placed, "option") | {flag: at for flag, at in copy.items() if flag[0] == "-"}
    said = set()
    for word, value_of in call.values:
        flag, equals, _ = word.partition("=")
        if equals and flag in options:
            yield f"{flag}={options[flag]}"
        else:
            yield options.get(value_of) or copy.get(word) or _literal(word)
        said.add(value_of or flag)
    for flag, template in options.items():
        if flag not in said:
            yield from (flag, template) if flag.startswith("-") else (template,)


def _literal(word: str) -> str:
    return word.replace("{", "{{").replace("}", "}}")


def _coloring(script: ScriptText) -> Iterator[str]:
    """The words of a script that colors the held-out photos."""
    for module in script.modules:
        for option in options_of(module):
            purpose = purpose_of((option.flag,), option.default)
            if purpose is not None and purpose in COLORING:
                yield from (option.flag, COLORING[purpose])[option.positional :]


def _folder(placed: Mapping[str, Placed]) -> str:
    """Where the pictures of a trial lie, as far as its settings tell."""
    purposes = {one.setting.purpose for one in placed.values()}
    return "*/{trial}" if "trial" in purposes and "out" not in purposes else "{out}"


def _length(placed: Mapping[str, Placed], *, epochs: bool) -> dict[str, int]:
    """How long a trial trains: as today; where only epochs are counted, one of them is a step."""
    steps = [one.setting for one in placed.values() if one.setting.purpose == "steps"]
    counted = steps or [one.setting for one in placed.values() if one.setting.purpose == "epochs"]
    length = max(1, int(counted[0].value)) if counted else STEPS
    return {"steps": length} | ({"steps_per_epoch": 1} if counted and (epochs or not steps) else {})

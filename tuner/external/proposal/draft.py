"""A study for a script, proposed by its text alone."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.errors import TrainerError
from tuner.external.proposal.call import Call
from tuner.external.proposal.missing import what_is_missing
from tuner.external.proposal.outcome import Outcome, find_outcome
from tuner.external.proposal.purposes import Purpose, weight_name
from tuner.external.proposal.reporting import first_report
from tuner.external.proposal.script_text import read_script
from tuner.external.proposal.settings import (
    CONFIGS,
    Setting,
    constant_settings,
    key_settings,
    option_settings,
)
from tuner.external.proposal.trainer_section import Placed, trainer_section
from tuner.external.proposal.weight_calls import asked_weights
from tuner.spec.parsing.untyped import is_number
from tuner.spec.study import DataSpec
from tuner.wording import did_you_mean

WHO = "--from-script"
FIELDS: Mapping[Purpose, str] = {
    "seed": "{seed}", "steps": "{steps}", "epochs": "{epochs}", "train": "{train}",
    "gray": "{gray}", "holdout": "{holdout}", "out": "{out}", "trial": "{trial}",
}  # fmt: skip
SIZE = re.compile(r"(?:image|img|load|crop|fine|gt|input)[-_]?size|resolution")
USUAL_CHECK = 20
"""Steps of `tuner check --run` where the study says nothing else."""
OF_PHOTOS = ("train", "gray", "holdout")


@dataclass(frozen=True)
class Draft:
    """What the study would be.

    Attributes:
        trainer: Its section `trainer`.
        objective: Its section `objective`; empty where pictures are judged.
        weights: Start values by name.
        origins: What each weight is in the script, by name, such as `--lambda_L1`.
        image_size: Side of the photos in pixels, as the script has it.
        missing: What was not found, and what to do about it: a sentence each.
        others: Further numbers that the script prints or reports.
    """

    trainer: Mapping[str, Any]
    objective: Mapping[str, Any]
    weights: Mapping[str, float]
    origins: Mapping[str, str]
    image_size: int
    missing: tuple[str, ...]
    others: tuple[str, ...] = ()


def propose(command: Sequence[str], named: Mapping[str, float | None] | None = None) -> Draft:
    """Proposes a study.

    Args:
        command: The script, and the words that follow it.
        named: The weights by name, with a start value or None for that of today; None takes all
            settings that are called like a weight.

    Raises:
        TrainerError: The script cannot be read, shows no weight, or none of a name.
    """
    call = Call(read_script(command[0], WHO), tuple(command[1:]))
    options = option_settings(call.script.modules, call.given)
    config = _config(call, options)
    settings = [*options, *constant_settings(call.script.text, call.script.module),
                *(_keys(config) if config else [])]  # fmt: skip
    asked = asked_weights(call.script.module)
    weights = {} if asked else _weights(settings, named or {})
    start = asked | {name: float(one.value) for name, one in weights.items()}
    known = {weight_name(one.keys) for one in settings if one.place != "key"} | set(start)
    start = _chosen(start, named, sorted(known))
    if not start:
        raise TrainerError(_no_weights(call.script.name, config))
    purposes = {one.purpose for one in settings}
    outcome = find_outcome(call.script, in_epochs="epochs" in purposes and "steps" not in purposes)
    weights = {name: one for name, one in weights.items() if name in start}
    placed = _placed(settings, weights, outcome)
    return Draft(
        trainer=trainer_section(call, placed, config, outcome) | _check_steps(settings, call),
        objective=outcome.objective,
        others=outcome.others,
        weights=start,
        origins={name: weights[name].address if name in weights else "tuner.weights"
                 for name in start},
        image_size=_image_size(settings),
        missing=tuple(what_is_missing(call, settings, placed, outcome, has_weights=not asked)),
    )  # fmt: skip


def _check_steps(settings: Sequence[Setting], call: Call) -> dict[str, int]:
    """How long the check trains, where the script says nothing before."""
    needed = first_report(settings, call.script.modules)
    return {"check_steps": needed} if needed > USUAL_CHECK else {}


def _image_size(settings: Sequence[Setting]) -> int:
    for one in settings:
        if SIZE.fullmatch(str(one.keys[-1]).lstrip("-").lower()) and isinstance(one.value, int):
            return min(max(one.value, 32), 1024)
    return DataSpec().image_size


def _config(call: Call, options: Sequence[Setting]) -> tuple[Path, str] | None:
    """The file of options that the command reads, and the option or word that names it."""
    seen = [(word, word) for word in call.words]
    seen += [(each.value, each.address) for each in options if isinstance(each.value, str)]
    for path, named_by in seen:
        if path.endswith(CONFIGS) and Path(path).is_file():
            return Path(path), named_by
    return None


def _keys(config: tuple[Path, str]) -> list[Setting]:
    try:
        return key_settings(config[0])
    except ValueError as error:
        raise TrainerError(f"{WHO}: '{config[0]}' cannot be parsed ({error})") from error


def _no_weights(name: str, config: tuple[Path, str] | None) -> str:
    opened = f" or in '{config[0]}'" if config else ""
    hand = "" if config else (
        f"; where it reads a file of options, hand that over: {WHO} '{name} -opt options.yml'"
    )  # fmt: skip
    return (
        f"{WHO}: no weight of a loss is seen in '{name}'{opened} (an option, constant, argument "
        "or key with 'lambda', 'weight', 'coef' or 'w' in its name, above 0); put "
        f"weights = tuner.weights({{...}}) around yours{hand}"
    )


def _weights(settings: Sequence[Setting], named: Container[str]) -> dict[str, Setting]:
    """The settings that weight a loss, by the name that the study gives them.

    Args:
        named: Names of weights by which a number is one, whatever else it may look like.
    """
    found: dict[str, Setting] = {}
    for one in settings:
        name = weight_name(one.keys)
        if is_number(one.value) and (name in named or (one.purpose == "weight" and one.value > 0)):
            found.setdefault(name, one)
    return found


def _chosen(
    found: Mapping[str, float], named: Mapping[str, float | None] | None, known: Sequence[str]
) -> dict[str, float]:
    """The weights of the study: all that were found, or those that were named.

    Args:
        known: Names that could have been meant.

    Raises:
        TrainerError: The script shows none of a name.
    """
    if named is None:
        return dict(found)
    for name in named:
        if name not in found:
            hint = did_you_mean(name, known)
            raise TrainerError(f"{WHO}: no number '{name}' is seen in the script{hint}")
    return {name: found[name] if value is None else value for name, value in named.items()}


def _placed(
    settings: Sequence[Setting], weights: Mapping[str, Setting], outcome: Outcome
) -> dict[str, Placed]:
    """The settings that a trial changes, by address."""
    names = {one.address: name for name, one in weights.items()}
    in_steps = any(one.purpose == "steps" for one in settings)
    placed: dict[str, Placed] = {}
    for one in settings:
        left = (one.purpose in OF_PHOTOS and not outcome.pictures) or (
            one.purpose == "epochs" and in_steps
        )
        if one.address in names:
            placed[one.address] = Placed(one, f"{{weights.{names[one.address]}}}")
        elif one.purpose is not None and one.purpose in FIELDS and not left:
            placed[one.address] = Placed(one, FIELDS[one.purpose])
    return placed

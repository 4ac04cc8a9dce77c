"""Rules of a whole `trainer` section: the keys of its kind, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tuner.guide.weightings import UNSEARCHED
from tuner.spec.objective import ObjectiveSpec
from tuner.spec.parsing.template_rules import broken_template_rules
from tuner.spec.parsing.untyped import entries, section
from tuner.spec.placeholders import is_python
from tuner.spec.trainer import STARTS, TrainerSpec
from tuner.wording import Keys, Mistake, listed

BUILTIN = (
    "model", "model_args", "input", "output", "loss", "loss_args", "start_from", "start_steps",
    "train_only",
    "batch_size", "learning_rate", "perceptual_net", "perceptual_trunk", "precision", "engine",
)  # fmt: skip
"""Keys of the built-in trainer alone."""

UNET = "unet"
"""The built-in model."""

OWN = ("env", "cwd", "time_limit", "parallel", "metrics", "steps_per_epoch", "check_steps")
COMMAND = ("run", "predict", "python", "set", "predictions")
KINDS: Mapping[str, tuple[str, ...]] = {
    "builtin": BUILTIN,
    "command": (*COMMAND, *OWN),
    "function": ("entry", *OWN),
}
NEEDED = {
    "command": ("run", "missing, expected the command that trains, as a list of words"),
    "function": ("entry", "missing, expected a function such as package.module:train"),
}
STEP_GROUPS = ("step", "epoch")
EPOCHS_UNKNOWN = "counts epochs, so trainer.steps_per_epoch is needed"


def broken_trainer_rules(values: Mapping[str, Any]) -> Iterator[Mistake]:
    """Everything where a trainer contradicts its kind, the objective or itself."""
    trainer, objective = section(values, "trainer"), section(values, "objective")
    kind = trainer.get("kind", "builtin")
    if not isinstance(kind, str) or kind not in KINDS:
        return
    own_metric = objective.get("metric") is not None
    yield from _keys_of_another_kind(trainer, kind)
    yield from _objective(objective, kind)
    if kind == "builtin":
        yield from _classes(values, trainer)
        return
    yield from _needed(trainer, kind, own_metric=own_metric)
    yield from _surroundings(section(values, "data"), kind)
    yield from _metrics(trainer)
    yield from _unsearched(values, kind)
    if kind == "command":
        yield from broken_template_rules(values, own_metric=own_metric)
        yield from _unused_python(trainer)


def _keys_of_another_kind(trainer: Mapping[str, Any], kind: str) -> Iterator[Mistake]:
    usual = TrainerSpec().model_dump(mode="json")
    for key, value in trainer.items():
        homes = [name for name, keys in KINDS.items() if key in keys]
        if homes and kind not in homes and value != usual[key]:
            text = f"belongs to kind {listed(homes, 'or')}, this trainer is of kind '{kind}'"
            yield Mistake(("trainer", key), text)


def _surroundings(data: Mapping[str, Any], kind: str) -> Iterator[Mistake]:
    if data.get("surroundings", 0):
        text = f"is for the built-in trainer; one of kind '{kind}' gets squares without them"
        yield Mistake(("data", "surroundings"), text)


def _classes(values: Mapping[str, Any], trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    """Keys that have no meaning together with a model or a loss of the user's, or without one."""
    if trainer.get("model", UNET) == UNET:
        for key in ("input", "output"):
            if trainer.get(key, "auto") != "auto":
                text = f"is for a model of your own; '{UNET}' gets gray and returns RGB"
                yield Mistake(("trainer", key), text)
    yield from _train_only(trainer)
    yield from _loss_args(values, trainer)
    if trainer.get("loss") is None:
        return
    usual = TrainerSpec()
    for key in ("perceptual_net", "perceptual_trunk"):
        if trainer.get(key, getattr(usual, key)) != getattr(usual, key):
            text = "is of the built-in loss, which trainer.loss takes the place of; leave it out"
            yield Mistake(("trainer", key), text)
    for index, name in enumerate(entries(values, "compare")):
        if name in UNSEARCHED:
            text = f"'{name}' weighs the parts of the built-in loss; with trainer.loss leave it out"
            yield Mistake(("compare", index), text)


def _train_only(trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    if trainer.get("train_only") and trainer.get("start_from", STARTS[0]) == STARTS[0]:
        text = (
            "freezes the other parts of a network, which from scratch would never learn; set "
            "trainer.start_from to baseline, sample or a file of weights"
        )
        yield Mistake(("trainer", "train_only"), text)


def _loss_args(values: Mapping[str, Any], trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    """Arguments of the user's loss where there is none, or that the weights give already."""
    for name in section(trainer, "loss_args"):
        if trainer.get("loss") is None:
            text = "is for a loss of your own; the built-in one is told by 'weights' alone"
            yield Mistake(("trainer", "loss_args"), text)
            return
        if name in section(values, "weights"):
            text = "is a weight of the study, too; give it once"
            yield Mistake(("trainer", "loss_args", name), text)


def _objective(objective: Mapping[str, Any], kind: str) -> Iterator[Mistake]:
    here: Keys = ("objective", "metric")
    if objective.get("metric") is None:
        if objective.get("direction", "minimize") != "minimize":
            text = "belongs to a metric of your own; the score of photos is always minimized"
            yield Mistake(("objective", "direction"), text)
        return
    if kind == "builtin":
        text = "needs a trainer of kind 'command' or 'function', which reports it"
        yield Mistake(here, text)
    usual = ObjectiveSpec().model_dump(mode="json")
    for term in ("version", "lpips", "structure", "colorfulness", "cast", "lightness"):
        if term in objective and objective[term] != usual[term]:
            text = "is part of the score of photos; with a metric of your own leave it out"
            yield Mistake(("objective", term), text)


def _needed(trainer: Mapping[str, Any], kind: str, *, own_metric: bool) -> Iterator[Mistake]:
    key, text = NEEDED[kind]
    if trainer.get(key) is None:
        yield Mistake(("trainer", key), text, "missing")
    if kind == "function":
        return
    given = trainer.get("predictions") is not None
    if own_metric and given:
        text = "are not looked at with objective.metric; leave out one of the two"
        yield Mistake(("trainer", "predictions"), text)
    if own_metric and trainer.get("predict") is not None:
        text = "makes pictures, which are not looked at with objective.metric; leave it out"
        yield Mistake(("trainer", "predict"), text)
    if not own_metric and not given:
        text = (
            "missing, expected a pattern such as '{out}/predictions/*.png' (or objective.metric, "
            "to judge by a number of your own)"
        )
        yield Mistake(("trainer", "predictions"), text, "missing")


def _metrics(trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _counted_epochs(trainer)
    pattern, keys = section(trainer, "metrics").get("stdout"), ("trainer", "metrics", "stdout")
    if not isinstance(pattern, str):
        return
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        yield Mistake(keys, f"not a regular expression ({error})")
        return
    if not groups & {*STEP_GROUPS} or not groups - {*STEP_GROUPS}:
        text = "expected a group named 'step' and one for each metric, such as (?P<step>[0-9]+)"
        yield Mistake(keys, f"{text}; got {listed(sorted(groups)) if groups else 'no named group'}")
    elif "step" not in groups and trainer.get("steps_per_epoch") is None:
        yield Mistake(keys, EPOCHS_UNKNOWN)


def _counted_epochs(trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    metrics, keys = section(trainer, "metrics"), ("trainer", "metrics", "counts")
    if metrics.get("counts") != "epochs":
        return
    if metrics.get("tensorboard") is None:
        text = "is for tensorboard; other places call their numbers 'step' or 'epoch' themselves"
        yield Mistake(keys, text)
    elif trainer.get("steps_per_epoch") is None:
        yield Mistake(keys, EPOCHS_UNKNOWN)


def _unsearched(values: Mapping[str, Any], kind: str) -> Iterator[Mistake]:
    for index, name in enumerate(entries(values, "compare")):
        if name in UNSEARCHED:
            text = f"'{name}' computes the weights in every step, which a trainer of kind '{kind}'"
            yield Mistake(("compare", index), f"{text} cannot be told; leave it out")


def _unused_python(trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    commands = [entries(trainer, key) for key in ("run", "predict")]
    if trainer.get("python") is not None and not any(map(is_python, commands)):
        text = "is used where a command begins with 'python', and none does; name it in 'run'"
        yield Mistake(("trainer", "python"), text)

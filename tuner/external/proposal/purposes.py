"""What a setting of a training script is for, as far as its name tells."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from tuner.spec.parsing.untyped import is_number
from tuner.wording import Keys

Purpose = Literal["weight", "seed", "steps", "epochs", "train", "gray", "holdout", "out", "trial"]

COUNTED = r"(?:(?:n|num|max|total|train|training)_?)*"
STEPS = re.compile(rf"{COUNTED}(?:steps?|iters?|iterations?|updates?)")
EPOCHS = re.compile(rf"{COUNTED}epochs?")
SEEDS = re.compile(r"(?:(?:manual|random|rng|global|torch|np)_?)?seed")
TRIALS = ("name", "exp_name", "experiment_name", "experiment", "run_name")

WEIGHT_WORDS = {"lambda", "lambdas", "lam", "weight", "weights", "coef", "coeff", "coefs", "w"}
NO_WEIGHT = {"decay", "norm", "path", "file", "init", "ema", "pretrained", "dir", "lr", "rate",
             "eps", "momentum", "dropout", "beta", "betas", "sampler", "sampling"}  # fmt: skip
NO_NAME = {"opt", "loss", "losses", "weight", "weights", "lambda"}

PLACES = {"dir", "root", "path", "folder", "dataroot", "datadir", "images", "photos", "set", "gt",
          "lq", "data"}  # fmt: skip
HELD_OUT = {"gray", "grey", "lq", "val", "valid", "validation", "test", "eval"}
LEARNED = {"train", "training", "dataroot", "data", "dataset", "photos", "images"}
WRITTEN = {"out", "output", "outputs", "outdir", "results", "result", "save", "checkpoints",
           "checkpoint", "ckpt", "exp", "experiments", "work", "runs"}  # fmt: skip
WRITTEN_ALONE = {"out", "output", "outputs", "outdir", "results"}
FOREIGN = {"pretrained", "resume", "load", "vgg", "config", "model"}


def purpose_of(address: Keys, value: Any) -> Purpose | None:
    """The purpose of a setting; None where its name tells none.

    Args:
        address: Its place, such as `("--lambda_L1",)` or `("train", "pixel_opt", "loss_weight")`.
        value: Its value; None where none is known.
    """
    name, parents = _plain(address[-1]), [_plain(each) for each in address[:-1]]
    number = is_number(value)
    if number and SEEDS.fullmatch(name):
        return "seed"
    if number and STEPS.fullmatch(name):
        return "steps"
    if number and EPOCHS.fullmatch(name):
        return "epochs"
    if number:
        fits = math.isfinite(value) and value >= 0 and _is_weight(name, parents)
        return "weight" if fits else None
    return _place(name, parents) if value is None or isinstance(value, str) else None


def weight_name(address: Keys) -> str:
    """What a study may call a weight: `lambda_L1`, `pixel_weight`, `pixel` of `pixel_opt`."""
    said = [re.sub(r"\W", "_", str(each).lstrip("-")) for each in address]
    name = said[-1].lower() if said[-1].isupper() else said[-1]
    if isinstance(address[-1], int):
        return f"{said[-2].lower()}_{name}"
    if set(name.lower().split("_")) <= NO_NAME and len(said) > 1:
        owner = [word for word in said[-2].split("_") if word.lower() not in NO_NAME]
        return "_".join(owner) or name
    return name


def _is_weight(name: str, parents: list[str]) -> bool:
    words = set(name.split("_"))
    if words & NO_WEIGHT:
        return False
    # An entry of a dict or list that is called `weights` is one, whatever its own name.
    owner = set(parents[-1].split("_")) if parents else set()
    listed = bool(owner & {"weights", "lambdas", "coefs"}) and "layer" not in owner
    return bool(words & WEIGHT_WORDS) or listed


def _place(name: str, parents: list[str]) -> Purpose | None:
    words = set(name.split("_"))
    if name in TRIALS:
        return "trial"
    if words & FOREIGN:
        return None
    above = {word for parent in parents for word in parent.split("_")}
    if words & HELD_OUT or (above & HELD_OUT and words & PLACES):
        is_place = words <= HELD_OUT or words & PLACES
        color = "gt" in words
        return ("holdout" if color else "gray") if is_place else None
    if words <= WRITTEN_ALONE or (words & WRITTEN and words & PLACES):
        return "out"
    return "train" if words & LEARNED and (words <= LEARNED or words & PLACES) else None


def _plain(part: str | int) -> str:
    """A name in small letters, its words joined with `_`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", str(part).lstrip("-"))
    return text.replace("-", "_").lower()

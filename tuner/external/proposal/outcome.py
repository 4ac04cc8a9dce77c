"""What a script leaves to be judged: pictures, its own or a second script's, or a number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.external.proposal.pictures import name_pattern, saves_pictures
from tuner.external.proposal.printed import groups_of, pattern_of_output, reported_names
from tuner.external.proposal.script_text import ScriptText, read_script

PREDICTING = ("test", "predict", "infer", "inference", "colorize", "evaluate", "eval", "sample")
QUALITIES = ("psnr", "ssim", "acc", "reward", "r2", "iou", "auc")
MORE_IS_BETTER = (*QUALITIES, "score", "f1", "sharpness")
LESS_IS_BETTER = frozenset({
    "loss", "error", "err", "mae", "mse", "rmse", "kl", "lpips", "nll", "perplexity", "fid",
    "dssim",
})  # fmt: skip
"""Whole words of a name that decide before those of `MORE_IS_BETTER`, as in `ssim_loss`."""

HELD_OUT, TRAINED_ON = ("val", "test"), "train"
TRUSTED = ("error", "rmse", "mse", "mae", *QUALITIES)


@dataclass(frozen=True)
class Outcome:
    """What trials are judged by.

    Attributes:
        pictures: The names of its pictures, `*` for that of the photo; empty without any.
        predict: The second script that makes them; None where the script itself does.
        stdout: A pattern of its output with numbers; empty without one.
        objective: Its section of the study; empty where pictures are judged.
        doubt: Why its number may mislead; empty without a doubt.
        others: Further numbers that it prints or reports.
    """

    pictures: str
    predict: ScriptText | None
    stdout: str
    objective: Mapping[str, Any]
    doubt: str = ""
    others: tuple[str, ...] = ()


def find_outcome(script: ScriptText, *, in_epochs: bool) -> Outcome:
    """What a script leaves, as far as its text and that of its neighbors tell.

    Args:
        in_epochs: Whether it counts epochs and no steps.
    """
    patterns = [pattern_of_output(each, in_epochs=in_epochs) for each in script.modules]
    stdout = next(filter(None, patterns), "")
    painter = script if _paints(script) else _neighbor(script)
    if painter is not None:
        pattern = next(
            (found for module in painter.modules if (found := name_pattern(module))), "*.png"
        )
        return Outcome(pattern, painter if painter is not script else None, stdout, {})
    reported = [name for module in script.modules for name in reported_names(module)]
    names = list(dict.fromkeys([*reported, *(groups_of(stdout) if stdout else ())]))
    objective, doubt = _number(names)
    others = tuple(name for name in names if name != objective["metric"])
    # What is reported by the script needs no pattern.
    return Outcome("", None, "" if reported else stdout, objective, doubt, others)


def higher_is_better(name: str) -> bool:
    """Whether a number is better when it is higher, by its name; lower where it tells nothing."""
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    return not words & LESS_IS_BETTER and any(word in name.lower() for word in MORE_IS_BETTER)


def _paints(script: ScriptText) -> bool:
    return any(map(saves_pictures, script.modules))


def _neighbor(script: ScriptText) -> ScriptText | None:
    """A script beside it that saves pictures, and is called as those that predict are."""
    for name in PREDICTING:
        path = Path(script.name).with_name(f"{name}.py")
        if path.is_file() and path != Path(script.name):
            found = read_script(str(path))
            if _paints(found):
                return found
    return None


def _trusted(names: Sequence[str]) -> str:
    """The first number of held-out data, else an error or quality; of training last; '' if none."""
    others = [name for name in names if TRAINED_ON not in name.lower()]
    for those, words in ((others, HELD_OUT), (others, TRUSTED), (names, TRUSTED)):
        for name in those:
            if any(word in name.lower() for word in words):
                return name
    return ""


def _number(names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The objective, and a doubt; the name 'metric' where no number is seen."""
    if best := _trusted(names):
        direction = "maximize" if higher_is_better(best) else "minimize"
        return {"metric": best, "direction": direction}, ""
    if names:
        doubt = (
            f"'{names[-1]}' is the only kind of number that is seen; where it has the weights in "
            "it, they win by being small: report an error of your own that has none"
        )
        return {"metric": names[-1], "direction": "minimize"}, doubt
    doubt = (
        "no pictures and no numbers are seen; put tuner.report(step, {'metric': error}) into the "
        "script, or name where it leaves pictures in trainer.predictions"
    )
    return {"metric": "metric", "direction": "minimize"}, doubt

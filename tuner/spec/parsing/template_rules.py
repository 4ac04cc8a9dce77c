"""Rules of templates: the texts of a `trainer` section with fields such as `{weights.l1}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuner.spec.parsing.untyped import entries, section
from tuner.spec.placeholders import fields_of
from tuner.spec.study import DataSpec
from tuner.wording import Keys, Mistake, did_you_mean, nearest

OF_PHOTOS = ("holdout", "gray", "train")
"""Fields that are folders of pictures; they exist only where predictions are scored."""


def broken_template_rules(values: Mapping[str, Any], *, own_metric: bool) -> Iterator[Mistake]:
    """Fields that are unknown, and copies that no template uses.

    Args:
        values: A study whose trainer is a command.
        own_metric: Whether the study has a metric of its own, hence no photos.
    """
    yield from _unknown_fields(values, own_metric=own_metric)
    yield from _unused_copies(section(values, "trainer"))


def _fields(values: Mapping[str, Any], *, own_metric: bool) -> tuple[str, ...]:
    """All fields, the most common ones first."""
    trainer = section(values, "trainer")
    weights = [f"weights.{name}" for name in section(values, "weights")]
    epochs = ["epochs"] if trainer.get("steps_per_epoch") is not None else []
    folder = isinstance(section(values, "data").get("holdout", DataSpec().holdout), str)
    photos = () if own_metric else OF_PHOTOS[:2] if folder else OF_PHOTOS
    copies = [f"set.{index}" for index, _ in enumerate(entries(trainer, "set"))]
    return (*weights, "steps", *epochs, "seed", "out", "trial", *photos, *copies)


def _unknown_fields(values: Mapping[str, Any], *, own_metric: bool) -> Iterator[Mistake]:
    known = _fields(values, own_metric=own_metric)
    for keys, text in _templates(section(values, "trainer")):
        try:
            fields = fields_of(text)
        except ValueError as error:
            yield Mistake(keys, f"{text!r} {error}")
            continue
        # The values of `set` are written before the copy has a path.
        here = [name for name in known if keys[1] != "set" or not name.startswith("set.")]
        for name in fields:
            if name not in here:
                yield Mistake(keys, _unknown(name, here, values))


def _unknown(name: str, known: list[str], values: Mapping[str, Any]) -> str:
    said = f"unknown field '{{{name}}}'"
    if name == "epochs":
        return f"{said}; give trainer.steps_per_epoch, from which they are counted"
    if name == "train" and "holdout" in known:
        return f"{said}; with a folder as data.holdout your script has its own photos"
    if name in OF_PHOTOS:
        return f"{said}; with objective.metric no photos are prepared"
    is_weight = name in section(values, "weights")
    meant = f"weights.{name}" if is_weight else nearest(name, known)
    braced = [f"{{{each}}}" for each in known]
    return f"{said} (did you mean '{{{meant}}}'?)" if meant else said + did_you_mean(name, braced)


def _unused_copies(trainer: Mapping[str, Any]) -> Iterator[Mistake]:
    used: set[str] = set()
    for keys, text in _templates(trainer):
        if keys[1] != "set":
            try:
                used.update(fields_of(text))
            except ValueError:
                return  # this mistake is reported already
    for index, _ in enumerate(entries(trainer, "set")):
        if f"set.{index}" not in used:
            text = f"nothing uses the copy; put its path, {{set.{index}}}, into 'run'"
            yield Mistake(("trainer", "set", index), text)


def _templates(trainer: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    """All texts with fields, each with its keys."""
    found: list[tuple[Keys, Any]] = []
    for key in ("run", "predict"):
        found += [((key, index), each) for index, each in enumerate(entries(trainer, key))]
    found += [(("env", name), value) for name, value in section(trainer, "env").items()]
    for index, each in enumerate(entries(trainer, "set")):
        for kind in ("keys", "constants"):
            values = section(each, kind) if isinstance(each, dict) else {}
            for name, value in values.items():
                found += _inside(("set", index, kind, name), value)
    found.append((("predictions",), trainer.get("predictions")))
    for kind in ("jsonl", "csv", "tensorboard"):
        found.append((("metrics", kind), section(trainer, "metrics").get(kind)))
    yield from (((("trainer", *keys)), text) for keys, text in found if isinstance(text, str))


def _inside(keys: Keys, value: Any) -> list[tuple[Keys, Any]]:
    """A value with its keys; the values of a list one by one."""
    if isinstance(value, list | tuple):
        return [((*keys, index), each) for index, each in enumerate(value)]
    return [(keys, value)]

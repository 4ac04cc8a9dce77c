"""The best weights in formats of other programs: JSON, command line arguments, BasicSR options."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from tuner.errors import TunerError
from tuner.journal.history import StudyHistory
from tuner.reporting.claim import describe_claim
from tuner.reporting.export import best_document, best_python, best_weights, best_yaml
from tuner.spec.parsing.builder import key_parts
from tuner.spec.placeholders import fields_of, fill, plain_decimal, word

FIELD = "weights."


def render(history: StudyHistory, form: str, mlflow_run: str | None = None) -> str:
    """The best weights as yaml, python, json, argv or basicsr.

    Raises:
        TunerError: The study has no result yet.
    """
    match form:
        case "yaml":
            return best_yaml(history, mlflow_run)
        case "json":
            return best_json(history, mlflow_run)
        case "python":
            return best_python(history)
        case "argv":
            return best_argv(history)
    assert form == "basicsr", form
    return best_basicsr(history)


def best_json(history: StudyHistory, mlflow_run: str | None = None) -> str:
    """The content of `best.yaml` as JSON.

    Raises:
        TunerError: The study has no result yet.
    """
    document = best_document(history, mlflow_run)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def best_argv(history: StudyHistory) -> str:
    """The best weights as arguments of a command line, ready for `$(...)` in a shell.

    They are the arguments with the weights in the study's `run`, else `--NAME VALUE`.

    Raises:
        TunerError: The study has no result yet.
    """
    weights = best_weights(history)
    run = history.spec.get("trainer", {}).get("run") or ()
    words = list(_handed_over([word(each) for each in run], weights))
    if not words:
        words = [part for name, value in weights.items()
                 for part in (f"--{name}", plain_decimal(value))]  # fmt: skip
    return shlex.join(words) + "\n"


def best_basicsr(history: StudyHistory) -> str:
    """The best weights as an options file of BasicSR.

    Their keys are those of the study's `set`, else `train.NAME_opt.loss_weight`.

    Raises:
        TunerError: The study has no result yet, or a key leads through a list.
    """
    weights = best_weights(history)
    keys = dict(_keys(history.spec.get("trainer", {}).get("set") or ()))
    options: dict[str, Any] = {}
    for name, value in weights.items():
        short = name.removesuffix("_weight")
        key = keys.get(name, f"train.{short}_opt.loss_weight")
        parts = key_parts(key)
        if any(isinstance(part, int) for part in parts):
            raise TunerError(
                f"export: '{key}' leads through a list, which cannot be shown alone; give --into "
                "and your file of options"
            )
        *above, last = map(str, parts)
        section = options
        for part in above:
            section = section.setdefault(part, {})
        section[last] = value
    assert history.finished is not None, "else there are no best weights"
    claim = describe_claim(history.finished, history.start_weights, history.unit)
    text = yaml.safe_dump(options, sort_keys=False, allow_unicode=True)
    return f"# {history.study}: {claim}\n{text}"


def _handed_over(words: Sequence[str], weights: Mapping[str, float]) -> Iterator[str]:
    """Arguments with weights filled in, each after the option that it belongs to."""
    values = {f"{FIELD}{name}": plain_decimal(value) for name, value in weights.items()}
    before = ""
    for each in words:
        fields = fields_of(each)
        if fields and all(field in values for field in fields):
            if before.startswith("-") and not each.startswith("-"):
                yield before
            yield fill(each, values)
        before = "" if fields else each


def _keys(files: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Weights, and the keys to which they are written."""
    for file in files:
        for key, template in (file.get("keys") or {}).items():
            if isinstance(template, str) and template.startswith(f"{{{FIELD}"):
                yield template[len(FIELD) + 1 : -1], key

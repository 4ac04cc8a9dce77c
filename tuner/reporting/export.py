"""The best weights, as a file for another program or as lines of Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from tuner.errors import TunerError
from tuner.journal.history import StudyHistory
from tuner.reporting.claim import describe_claim
from tuner.reporting.export_evidence import (
    claims_entry,
    combination_entry,
    effects_entry,
    improvement_entry,
    rivals_entry,
    rounded,
    simplification_entry,
    stage_entry,
)
from tuner.reporting.outcome import diagnosis_of
from tuner.reporting.story import plain
from tuner.results.events import StudyFinished
from tuner.results.score_unit import ScoreUnit
from tuner.spec.demo import DEMO, bad_start
from tuner.spec.parsing.external_rules import BUILTIN

OF_PHOTOS = ("data", "roles", "guardrails")
"""Sections of a study that a metric of its own has no use for."""


def best_yaml(history: StudyHistory, mlflow_run: str | None = None) -> str:
    """The best weights as YAML, with the evidence for them.

    `weights` is ready for `ColorizationLossEnhanced(**weights)`.

    Args:
        history: A finished study.
        mlflow_run: The id of the study's run in MLflow, where it is known.

    Raises:
        TunerError: The study has no result yet.
    """
    document = best_document(history, mlflow_run)
    told = _demo(history) + _turned(history.unit)
    return told + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _demo(history: StudyHistory) -> str:
    """The line on weights of a demo, which are not to be used; empty elsewhere."""
    return f"# {DEMO}\n" if bad_start(history.spec) else ""


def _turned(unit: ScoreUnit) -> str:
    """The line on scores whose sign is turned; empty where they are not."""
    name = unit.name
    return f"# score_* are {name} with its sign turned: lower is better.\n" if unit.maximize else ""


def best_weights(history: StudyHistory) -> dict[str, float]:
    """The best weights, rounded to six significant digits.

    Raises:
        TunerError: The study has no result yet.
    """
    return rounded(_finished(history).best_weights)


def best_document(history: StudyHistory, mlflow_run: str | None = None) -> dict[str, Any]:
    """The best weights with the evidence for them; see `best_yaml`."""
    finished = _finished(history)
    provenance = {
        **history.provenance,
        "study_uid": history.opened.uid,
        "study_digest": digest_of(history.spec),
    }
    if mlflow_run is not None:
        provenance["mlflow_run"] = mlflow_run
    if history.spec.get("learned"):
        learned = history.spec["learned"]
        provenance["warm_start"] = f"{learned['study']} ({learned['uid']})"
    if history.spec.get("preset"):
        provenance["preset"] = str(history.spec["preset"])
    return {
        "study": history.study,
        "weights": rounded(finished.best_weights),
        "improvement": improvement_entry(history, history.ending_of_the_best or finished),
        **claims_entry(history),
        **effects_entry(finished.effects),
        **({"diagnosis": diagnosis} if (diagnosis := diagnosis_of(history).sentence) else {}),
        "stages": [stage_entry(stage, history.unit) for stage in history.stages],
        "combination": combination_entry(history),
        **simplification_entry(history, finished),
        **rivals_entry(finished, history.unit),
        "provenance": {
            **provenance,
            "start_weights": rounded(history.start_weights),
            "seeds": sorted({trial.seed for trial in history.trials.values()}),
            "settings": _settings(history),
        },
    }


def best_python(history: StudyHistory) -> str:
    """The best weights as in the guide: a call of the loss, with the old values in comments.

    For a loss of the user's it is a dict.

    Raises:
        TunerError: The study has no result yet.
    """
    finished = _finished(history)
    start = history.start_weights
    arguments = [
        (f"    {name}={plain(value)},", _was(value, start.get(name)))
        for name, value in finished.best_weights.items()
    ]
    trainer = history.spec.get("trainer", {})
    if trainer.get("kind", "builtin") != "builtin" or trainer.get("loss") is not None:
        return _own_python(history, finished)
    net = trainer.get("perceptual_net", "alex")
    arguments += [(f"    perceptual_net='{net}',", ""), ("    device=DEVICE,", "")]
    width = max(len(code) for code, _ in arguments)
    lines = [f"{code:<{width}}{comment}".rstrip() for code, comment in arguments]
    claim = f"# {history.study}: {describe_claim(finished, start, history.unit)}"
    return _demo(history) + "\n".join([claim, "ColorizationLossEnhanced(", *lines, ")", ""])


def _own_python(history: StudyHistory, finished: StudyFinished) -> str:
    """The best weights of a loss of the user's: a dict, since its names are free."""
    start = history.start_weights
    lines = [
        f"    {name!r}: {plain(value)},{_was(value, start.get(name))}"
        for name, value in finished.best_weights.items()
    ]
    claim = f"# {history.study}: {describe_claim(finished, start, history.unit)}"
    return "\n".join([claim, "weights = {", *lines, "}", ""])


def _settings(history: StudyHistory) -> Any:
    """The study, so that it can be run again; what is for scored photos alone is left out."""
    settings = _given(history.spec)
    if not history.unit.metric:
        return settings
    own = {name: one for name, one in settings.items() if name not in OF_PHOTOS}
    trainer, objective = settings["trainer"], settings["objective"]
    guarded = settings.get("guardrails", {}).get("metrics")
    return {
        **own,
        "trainer": {name: one for name, one in trainer.items() if name not in BUILTIN},
        "objective": {name: objective[name] for name in ("metric", "direction")},
        **({"guardrails": {"metrics": guarded}} if guarded else {}),
    }


def _given(settings: Any) -> Any:
    """The study without what is not given, so that it can be run again from here."""
    if isinstance(settings, Mapping):
        return {name: _given(one) for name, one in settings.items() if one is not None}
    return [_given(one) for one in settings] if isinstance(settings, list | tuple) else settings


def _finished(history: StudyHistory) -> StudyFinished:
    if history.finished is None:
        raise TunerError(
            f"study '{history.study}' has no result yet ({len(history.results)} trials are "
            "recorded); the command that began it goes on with it"
        )
    return history.finished


def digest_of(spec: Mapping[str, Any]) -> str:
    """SHA-256 of the settings: equal for equal studies on every machine."""
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _was(value: float, before: float | None) -> str:
    if before is None or plain(before) == plain(value):
        return ""
    return f"   # Was {plain(before)}"

"""The best weights, as a file for another program or as lines of Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from tuner.errors import TunerError
from tuner.journal.history import StudyHistory
from tuner.reporting.answer import simplification_sentence
from tuner.reporting.claim import describe_claim
from tuner.reporting.outcome import diagnosis_of
from tuner.reporting.story import describe_combination, describe_stage, plain
from tuner.results import (
    Comparison,
    OtherPhotos,
    Share,
    StageResult,
    WeightEffect,
)
from tuner.results.events import StudyFinished
from tuner.results.score_unit import ScoreUnit
from tuner.spec.demo import DEMO, bad_start


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
    told = f"# {DEMO}\n" if bad_start(history.spec) else ""
    told += _turned(history.unit)
    return told + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _turned(unit: ScoreUnit) -> str:
    """The line on scores whose sign is turned; empty where they are not."""
    name = unit.name
    return f"# score_* are {name} with its sign turned: lower is better.\n" if unit.maximize else ""


def best_weights(history: StudyHistory) -> dict[str, float]:
    """The best weights, rounded to six significant digits.

    Raises:
        TunerError: The study has no result yet.
    """
    return _rounded(_finished(history).best_weights)


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
        "weights": _rounded(finished.best_weights),
        "improvement": _improvement(history, history.ending_of_the_best or finished),
        **_went_on(history),
        **_effects(finished.effects),
        **({"diagnosis": diagnosis} if (diagnosis := diagnosis_of(history).sentence) else {}),
        "stages": [_stage(stage, history.unit) for stage in history.stages],
        "combination": _combination(history),
        **_simplification(history),
        **_rivals(finished, history.unit),
        "provenance": {
            **provenance,
            "start_weights": _rounded(history.start_weights),
            "seeds": sorted({trial.seed for trial in history.trials.values()}),
            "settings": _given(history.spec),
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
    return "\n".join([claim, "ColorizationLossEnhanced(", *lines, ")", ""])


def _own_python(history: StudyHistory, finished: StudyFinished) -> str:
    """The best weights of a loss of the user's: a dict, since its names are free."""
    start = history.start_weights
    lines = [
        f"    {name!r}: {plain(value)},{_was(value, start.get(name))}"
        for name, value in finished.best_weights.items()
    ]
    claim = f"# {history.study}: {describe_claim(finished, start, history.unit)}"
    return "\n".join([claim, "weights = {", *lines, "}", ""])


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


def _improvement(history: StudyHistory, finished: StudyFinished) -> dict[str, Any]:
    confirmation, unit = finished.confirmation, history.unit
    claim = {"claim": describe_claim(finished, history.start_weights, unit)}
    if confirmation is None or not confirmation.seeds:
        return {**claim, **_compared(None, unit), "seeds": []}
    beyond = _other_photos(confirmation.other_photos)
    looks = {"looks": list(confirmation.looks)} if len(confirmation.looks) > 1 else {}
    seeds = {"seeds": list(confirmation.seeds), **looks}
    return {**claim, **_compared(confirmation, unit), **seeds, **beyond}


def _went_on(history: StudyHistory) -> dict[str, Any]:
    """What a study that went on has claimed each time, the last time included."""
    if not history.parts:
        return {}
    claims = [
        {"weights": _rounded(end.incumbent_weights), **_improvement(history, end)}
        for end in history.endings
    ]
    return {"claims": claims}


def _other_photos(beyond: OtherPhotos | None) -> dict[str, Any]:
    """The interval that knows seeds and photos; no key where single photos have no score."""
    if beyond is None:
        return {}
    numbers = {
        "score_before": _number(beyond.before),
        "score_after": _number(beyond.after),
        "gain": _number(beyond.gain),
        "interval": [_number(beyond.low), _number(beyond.high)],
    }
    counts = {"photos": beyond.photos, "worse_on": beyond.worse_on, "vault": beyond.vault}
    return {"other_photos": {**numbers, **counts}}


def digest_of(spec: Mapping[str, Any]) -> str:
    """SHA-256 of the settings: equal for equal studies on every machine."""
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _compared(comparison: Comparison | None, unit: ScoreUnit) -> dict[str, Any]:
    """A comparison as a dict; all its keys are there without a comparison too.

    A number of the script's own has two keys more, in its own sign: `psnr_before`, `psnr_after`.
    """
    if comparison is None:
        names = ("score_before", "score_after", "gain", "interval", "confidence")
        own = (f"{unit.metric}_before", f"{unit.metric}_after") if unit.metric else ()
        return {"verdict": "no difference", **dict.fromkeys((*own, *names))}
    known = comparison.low is not None and comparison.high is not None
    return {
        "verdict": comparison.verdict,
        **_in_own_sign(comparison, unit),
        "score_before": _number(comparison.before),
        "score_after": _number(comparison.after),
        "gain": _number(comparison.gain),
        "interval": [_number(comparison.low), _number(comparison.high)] if known else None,
        "confidence": comparison.confidence,
    }


def _in_own_sign(comparison: Comparison, unit: ScoreUnit) -> dict[str, float | None]:
    if not unit.metric:
        return {}
    before, after = unit.value(comparison.before), unit.value(comparison.after)
    return {f"{unit.metric}_before": _number(before), f"{unit.metric}_after": _number(after)}


def _stage(stage: StageResult, unit: ScoreUnit) -> dict[str, Any]:
    return {
        "weight": stage.varied,
        "because": stage.because,
        "from": _number(stage.start),
        "to": _number(stage.chosen),
        "story": describe_stage(stage, unit),
        **_compared(stage.comparison, unit),
    }


def _combination(history: StudyHistory) -> dict[str, Any] | None:
    combination = history.combination
    if combination is None:
        return None
    return {
        "from": _rounded(combination.start),
        "to": _rounded(combination.chosen),
        "story": describe_combination(combination, history.stages, history.unit),
        **_compared(combination.comparison, history.unit),
    }


def _simplification(history: StudyHistory) -> dict[str, Any]:
    """The weights that were set back or refined; empty without any."""
    story, found = simplification_sentence(history), _finished(history).simplification
    if not story or found is None:
        return {}
    ends = {"from": _rounded(found.start), "to": _rounded(found.chosen)}
    return {"simplification": {**ends, "story": story}}


def _effects(effects: Sequence[WeightEffect]) -> dict[str, Any]:
    """The effect of each weight; empty where no effect is known."""
    if not effects:
        return {}
    known: dict[str, Any] = {
        "ranges": {one.name: [_number(end) for end in one.acceptable_range] for one in effects},
        "matters": {one.name: one.matters for one in effects},
    }
    shares = {one.name: _share(one.share) for one in effects if one.share}
    return {**known, "shares": shares} if shares else known


def _share(share: Share) -> dict[str, float | None]:
    ends = {"low": _number(share.low), "high": _number(share.high)}
    return {"share": _number(share.value), **ends}


def _rivals(finished: StudyFinished, unit: ScoreUnit) -> dict[str, Any]:
    """The results of presets and other weightings; empty where none was compared."""
    rivals = [
        {"name": rival.name, **_compared(rival.comparison, unit)} for rival in finished.rivals
    ]
    return {"compare": rivals} if rivals else {}


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: float(plain(value)) for name, value in weights.items()}


def _number(value: float | None) -> float | None:
    """A number with six significant digits, which is more than any score's precision."""
    return None if value is None else float(f"{value:.6g}")


def _was(value: float, before: float | None) -> str:
    if before is None or plain(before) == plain(value):
        return ""
    return f"   # Was {plain(before)}"

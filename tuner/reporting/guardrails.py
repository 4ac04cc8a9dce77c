"""Sentences on guardrails, in the guarded number's own unit and sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tuner.results import (
    Comparison,
    Guardrail,
    GuardrailCheck,
    RefusedBetter,
    StageResult,
    WeightEffect,
)
from tuner.results.score_unit import MOST_DECIMALS, ScoreUnit, fixed
from tuner.results.statistics import CLAIM_CONFIDENCE
from tuner.spec.base import tidy
from tuner.wording import joined


def describe_check(check: GuardrailCheck) -> str:
    """A guarded number before and after, and what is allowed.

    For example `psnr 24.10 -> 24.06, change -0.04 (95 % interval -0.09 to 0.01), may fall by 0.1`.
    """
    digits = _decimals(check)
    low, high = change_interval(check)
    interval = ""
    if low is not None and high is not None:
        ends = f"{fixed(low, digits)} to {fixed(high, digits)}"
        interval = f" ({CLAIM_CONFIDENCE * 100:g} % interval {ends})"
    scores = f"{fixed(check.before, digits)} -> {fixed(check.after, digits)}"
    change = fixed(check.after - check.before, digits)
    return f"{check.metric} {scores}, change {change}{interval}, {_allowed(check)}"


def describe_against(comparison: Comparison) -> str:
    """Why a better score is not enough, as a part of a sentence; empty where it is.

    For example `better, but a guardrail is broken: psnr ...`.
    """
    if comparison.verdict != "guardrail":
        return ""
    against = [check for check in comparison.guardrails if not check.shown]
    broken = any(check.broken for check in against)
    how = "a guardrail is broken" if broken else "a guardrail is not shown to hold"
    return f"better, but {how}: {'; '.join(map(describe_check, against))}"


def describe_held(comparison: Comparison) -> str:
    """The guardrails of a claim that is confirmed; empty without any."""
    if comparison.verdict != "better" or not comparison.guardrails:
        return ""
    holds = "Guardrails hold" if len(comparison.guardrails) > 1 else "Guardrail holds"
    return f"{holds}: {'; '.join(map(describe_check, comparison.guardrails))}."


def describe_broken(stage: StageResult) -> str:
    """The values of a stage that break a guardrail; empty where none does.

    For example `4.0 and 8.0 break a guardrail: psnr -0.31 and -0.62, may fall by 0.1`.
    """
    told = []
    by_guardrail: dict[tuple[str, str], list[tuple[float, GuardrailCheck]]] = {}
    for value, check in stage.broken:
        by_guardrail.setdefault((check.metric, check.way), []).append((value, check))
    for broken in by_guardrail.values():
        values = joined([f"{float(f'{value:.10g}')!r}" for value, _ in broken], "and")
        verb = "breaks" if len(broken) == 1 else "break"
        check = broken[0][1]
        changes = joined([_change(each) for _, each in broken], "and")
        told.append(
            f"{values} {verb} a guardrail: {check.metric} changes by {changes}, {_allowed(check)}"
        )
    return "; ".join(told)


def describe_refused(effects: Iterable[WeightEffect]) -> str:
    """The guardrails that better values break; empty where none does.

    For example `the guardrail of psnr`, `the guardrails of psnr and ssim`.
    """
    return _named(list(dict.fromkeys(name for effect in effects for name in effect.refused)))


def describe_broken_by(effect: WeightEffect) -> str:
    """The guardrails that any other value of a weight breaks; empty where none does."""
    return _named(effect.broke)


def _named(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"the guardrail{'s' if len(names) > 1 else ''} of {joined(names, 'and')}"


def describe_refused_better(refused: Iterable[RefusedBetter]) -> str:
    """Which guardrails refused weights that scored better than the start; empty where none did.

    For example `Scored better on a seed, and refused: 3 sets of weights by the guardrail of color
    noise.`
    """
    told = [
        f"{one.sets} set{'s' if one.sets > 1 else ''} of weights by the guardrail of "
        f"{one.guardrail}"
        for one in refused
    ]
    return f"Scored better on a seed, and refused: {joined(told, 'and')}." if told else ""


def describe_allowed(guardrails: Iterable[Guardrail]) -> str:
    """What all guardrails allow: `psnr may fall by 0.1 and rmse may rise by 2`."""
    return joined([guardrail.told for guardrail in guardrails], "and")


def guardrail_entries(checks: Sequence[GuardrailCheck]) -> list[dict[str, Any]]:
    """The guardrails of a claim as plain numbers, for programs."""
    return [_entry(check) for check in checks]


def change_interval(check: GuardrailCheck) -> tuple[float | None, float | None]:
    """The interval of the change of the number itself, lower end first."""
    low, high = check.low, check.high
    if low is None or high is None:
        return None, None
    return (-high, -low) if check.way == "fall" else (low, high)


def _entry(check: GuardrailCheck) -> dict[str, Any]:
    low, high = change_interval(check)
    return {
        "metric": check.metric,
        f"may_{check.way}": check.margin,
        "before": tidy(check.before),
        "after": tidy(check.after),
        "change": tidy(check.after - check.before),
        "interval": None if low is None or high is None else [tidy(low), tidy(high)],
        "holds": check.shown,
    }


def _decimals(check: GuardrailCheck) -> int:
    """Decimals that show the change, and on which side of its limit the interval ends."""
    digits = ScoreUnit(check.metric).decimals(check.moved)
    while check.high is not None and digits < MOST_DECIMALS:
        if (float(fixed(check.high, digits)) <= check.margin) == check.shown:
            break
        digits += 1
    return digits


def _change(check: GuardrailCheck) -> str:
    return fixed(check.after - check.before, ScoreUnit(check.metric).decimals(check.moved))


def _allowed(check: GuardrailCheck) -> str:
    asked = Guardrail(check.metric, check.way, check.margin)
    allowed = asked.told.removeprefix(f"{check.metric} ")
    unit = ScoreUnit(check.metric)
    kept = fixed(check.reserve, max(0, unit.decimals(check.reserve)))
    return f"{allowed}, less {kept} for the noise of the claim" if check.reserve else allowed

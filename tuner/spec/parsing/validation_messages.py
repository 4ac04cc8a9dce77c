"""Says in plain words what a study file allows at each key, and what came instead.

Pydantic decides whether a value is accepted. The words are made from the schema of `StudySpec`, so
every limit is written down once, in `study`.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tuner.spec.parsing.core_schema import scalar
from tuner.spec.study import StudySpec
from tuner.wording import Keys, Mistake, did_you_mean, joined, listed, nearest, shown

Rule = Mapping[str, Any]
"""One node of the JSON schema."""

PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": (
        "a name of at most 64 letters, digits, '.', '_' and '-', with a letter or digit in front"
    ),
    r"^[0-9]+(\.[0-9]+)?[smhd]$": "a time such as '90s', '15m' or '2h'",
    r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$": "a function such as 'package.module:train'",
    r"^(?:unet|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*)$": (
        "'unet' or a class such as 'package.module:Class'"
    ),
    r"^(?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$": (
        "a class such as 'package.module:Class'"
    ),
}
LIMITS = {
    "minimum": "of at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}


def check(values: Mapping[str, Any]) -> StudySpec | tuple[Mistake, ...]:
    """The study that plain values describe, or all single mistakes in them."""
    strange = tuple(_not_unicode(values, ()))
    try:
        # JSON in strict mode: lists become tuples, but no text becomes a number.
        spec = StudySpec.model_validate_json(json.dumps(_as_json(values)), strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        found = [_mistake(each, values) for each in errors if not _follows(each, values)]
        # A value that fits none of two types is reported for each type: keep one report.
        return tuple({(each.keys, each.text): each for each in [*strange, *found]}.values())
    return strange or spec


def keys_at(keys: Keys) -> tuple[str, ...]:
    """The keys that a section may have; empty where any name is allowed, or no key."""
    return tuple(_rule_at(keys).get("properties", ()))


def allowed_at(keys: Keys) -> str:
    """What is allowed at a key, such as `a whole number of at least 1`."""
    return _allowed(_rule_at(keys))


def _mistake(error: ErrorDetails, values: Any) -> Mistake:
    keys, value = _found(error["loc"], values)
    match error["type"]:
        case "extra_forbidden":
            *above, name = keys
            known = keys_at(tuple(above))
            return Mistake(keys, f"unknown key{did_you_mean(str(name), known)}")
        case "missing" if isinstance(name := error["loc"][-1], str):
            here = (*keys, name)
            return Mistake(here, f"missing, expected {allowed_at(here)}", "missing")
        case "value_error":
            return Mistake(keys, str(error["ctx"]["error"]), "section")
        case _:
            return Mistake(keys, f"got {shown(value)}, expected {_expected(keys, value)}")


def _follows(error: ErrorDetails, values: Any) -> bool:
    """Whether a list is reported as too short only because some entries are wrong."""
    return error["type"] == "too_short" and bool(_found(error["loc"], values)[1])


def _found(location: Keys, values: Any) -> tuple[Keys, Any]:
    # Pydantic appends parts that are not keys, such as the type that it tried last.
    keys: Keys = ()
    for part in location:
        inside = isinstance(values, dict) and part in values
        if not inside and not (isinstance(values, list) and part in range(len(values))):
            break
        values, keys = values[part], (*keys, part)
    return keys, values


def _expected(keys: Keys, value: Any) -> str:
    rule = _rule_at(keys)
    words = _allowed(rule)
    if isinstance(value, float) and not math.isfinite(value):
        return words.replace("number", "finite number", 1)
    if not isinstance(value, str):
        return words
    if "enum" in rule or "const" in rule:
        meant = nearest(value, rule.get("enum") or [rule["const"]])
        return f"{words} (did you mean '{meant}'?)" if meant else words
    number = scalar(re.sub(r"[_,'\s]", "", value))
    if "number" in words and isinstance(number, int | float) and not isinstance(number, bool):
        return f"{words} (did you mean {number}?)"
    return words


@functools.cache
def _schema() -> Rule:
    return StudySpec.model_json_schema()


def _rule_at(keys: Keys) -> Rule:
    rule: Rule = _schema()
    for key in keys:
        rule = _below(rule, key)
    return rule


def _below(rule: Rule, key: str | int) -> Rule:
    if isinstance(key, str):
        below = rule.get("properties", {}).get(key) or rule.get("additionalProperties")
    elif "prefixItems" in rule:
        below = rule["prefixItems"][key] if key < len(rule["prefixItems"]) else None
    else:
        below = rule.get("items")
    return _resolved(below or {})


def _resolved(rule: Rule) -> Rule:
    """The rule that a reference points to, or that an optional value has."""
    if "$ref" in rule:
        return _resolved(_schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")])
    given = [each for each in rule.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(given[0]) if len(given) == 1 else rule


def _allowed(rule: Rule) -> str:
    rule = _resolved(rule)
    if "anyOf" in rule:
        return ", or ".join(_allowed(each) for each in rule["anyOf"] if each["type"] != "integer")
    if "enum" in rule or "const" in rule:
        return listed(rule.get("enum") or [rule["const"]], "or")
    return WORDS[rule["type"]](rule)


def _allowed_list(rule: Rule) -> str:
    if "prefixItems" in rule:
        entries = rule["prefixItems"]
        return f"a list of {len(entries)}: {joined(map(_allowed, entries), 'and')}"
    least = "a list with at least one entry" if rule.get("minItems") else "a list"
    return f"{least}, each {_allowed(rule['items'])}"


def _allowed_keys(rule: Rule) -> str:
    if "properties" in rule:
        return f"keys out of {listed(rule['properties'])}"
    least = "at least one name" if rule.get("minProperties") else "names"
    return f"{least}, each with {_allowed(rule['additionalProperties'])}"


def _limited(kind: str, rule: Rule) -> str:
    # {:.0f} where it is whole: 2147483648, not 2.14748e+09
    limits = [
        words.format(f"{limit:.0f}" if limit == int(limit) else f"{limit:g}")
        for name, words in LIMITS.items()
        if (limit := rule.get(name)) is not None
    ]
    return f"{kind} {' and '.join(limits)}" if limits else kind


WORDS: Mapping[str, Callable[[Rule], str]] = {
    "boolean": lambda _: "true or false",
    "integer": lambda rule: _limited("a whole number", rule),
    "number": lambda rule: _limited("a number", rule),
    "string": lambda rule: PATTERNS[rule["pattern"]] if "pattern" in rule else "text",
    "array": _allowed_list,
    "object": _allowed_keys,
}


def _as_json(values: Any) -> Any:
    """The values with 5e3 as the whole number 5000: strict mode refuses a float for `steps`."""
    match values:
        case dict():
            return {key: _as_json(value) for key, value in values.items()}
        case list():
            return [_as_json(value) for value in values]
        case float() if values.is_integer():
            return int(values)
        case str():
            return values.encode(errors="replace").decode()
        case _:
            return values


def _not_unicode(values: Any, keys: Keys) -> Iterator[Mistake]:
    if isinstance(values, str) and values != values.encode(errors="replace").decode():
        yield Mistake(keys, f"got {values!r}, which has characters that are not Unicode")
    if isinstance(values, dict | list):
        parts = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in parts:
            yield from _not_unicode(value, (*keys, key))

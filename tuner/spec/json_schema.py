"""The JSON Schema of a study file, with which editors complete and check it.

    python -m tuner.spec.json_schema > studies/schema.json

A study file names it in its first line: `# yaml-language-server: $schema=schema.json`. The schema
has the rules for single keys; `load_study` has the rules for several keys together.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from tuner.guide.presets import WEIGHT_PRESETS
from tuner.spec.study import StudySpec

FILE_NAME = "schema.json"
TITLE = "Study file of the loss-weight tuner"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

WAYS = (("values",), ("min", "max", "step"), ("times",))
"""The ways to give the values of a stage; a stage uses exactly one."""


SEARCHES = {"properties": {"stages": {"minItems": 1}}}
"""What holds where no challenger is compared."""


def study_schema() -> dict[str, Any]:
    """What a study file may contain; names and limits are those of `StudySpec`."""
    described = _without_titles(StudySpec.model_json_schema())
    described["properties"]["weights"] = _or_a_preset(described["properties"]["weights"])
    described["$defs"]["StageSpec"]["oneOf"] = [{"required": list(way)} for way in WAYS]
    described |= {"if": {"not": {"required": ["challenger"]}}, "then": SEARCHES}
    return {"$schema": DRAFT, "title": TITLE, **described}


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n"


def _or_a_preset(rule: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": rule["description"]}
    by_name = {key: value for key, value in rule.items() if key != "description"}
    return {**described, "anyOf": [by_name, {"enum": list(WEIGHT_PRESETS)}]}


def _without_titles(node: Any) -> Any:
    """Removes pydantic's titles, which repeat the names; a key called `title` is not a text."""
    match node:
        case dict():
            return {
                key: _without_titles(value)
                for key, value in node.items()
                if not (key == "title" and isinstance(value, str))
            }
        case list():
            return [_without_titles(each) for each in node]
        case _:
            return node


if __name__ == "__main__":
    sys.stdout.write(schema_text())

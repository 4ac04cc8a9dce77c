"""Makes a new study file from a shipped one: name, photos and weights change, comments stay."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tuner.spec.json_schema import FILE_NAME
from tuner.spec.parsing.core_schema import write

SCHEMA_LINE = f"# yaml-language-server: $schema={FILE_NAME}\n"
"""Makes editors use the schema beside the file."""

COMMENT_AT = 28
"""The column in which comments begin in the shipped studies."""


def new_study_text(
    like: str, name: str, *, photos: str | None = None, weights: Mapping[str, float] | None = None
) -> str:
    """The text of a study file.

    Args:
        like: The text of a shipped study.
        name: Name of the new study.
        photos: The folder that replaces the sample photos.
        weights: All start weights of the new study; None keeps those of `like`.
    """
    text = re.sub(r"^#   tuner run .*$", f"#   tuner run --study {name}", like, flags=re.MULTILINE)
    text = _with_value(text, "study", write(name, flow=True))
    if photos is not None:
        text = _with_value(text, "  photos", write(photos, flow=True))
    if weights is not None:
        text = _with_own_start(_with_weights(text, weights))
    return SCHEMA_LINE + text


def _with_value(text: str, key: str, value: str) -> str:
    """Replaces the value of a key; the comment after it keeps its column where there is room."""

    def line(found: re.Match[str]) -> str:
        said = f"{key}: {value}"
        return f"{said.ljust(COMMENT_AT - 1)} {found['comment']}" if found["comment"] else said

    pattern = rf"^{key}: [^#\n]*?(?P<comment>#.*)?$"
    return re.sub(pattern, line, text, count=1, flags=re.MULTILINE)


def _with_weights(text: str, weights: Mapping[str, float]) -> str:
    heading = f"{'weights:'.ljust(COMMENT_AT)}# what you train with today\n"
    values = "".join(f"  {name}: {value!r}\n" for name, value in weights.items())
    return re.sub(r"^weights:.*\n(?:  .*\n)*", lambda _: heading + values, text, flags=re.MULTILINE)


def _with_own_start(text: str) -> str:
    """Removes the start weights of `--quick`, which would replace the user's."""
    text = re.sub(r"^  weights\..*\n", "", text, flags=re.MULTILINE)
    heading = f"{'quick:'.ljust(COMMENT_AT)}# what --quick changes beyond the preset"
    return re.sub(r"^quick:.*$", heading, text, flags=re.MULTILINE)

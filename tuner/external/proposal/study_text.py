"""A proposed study as the text of a file, with remarks on what was found and what was not."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from tuner.external.proposal.draft import Draft
from tuner.external.proposal.outcome import higher_is_better
from tuner.spec.json_schema import FILE_NAME
from tuner.spec.parsing.core_schema import write

WIDTH = 96
REMARK_AT = 30
TIMES = (0.3, 3)
MARGIN = "HOW_FAR"
"""Stands for a number that only the user knows."""


def proposed_study_text(
    draft: Draft,
    name: str,
    command: str,
    *,
    photos: str | None = None,
) -> str:
    """The text of the study file.

    Args:
        name: Of the study.
        command: What it was made of, as it was typed.
        photos: The folder of color photos; None takes the sample photos.
    """
    stages = [{"vary": weight, "times": list(TIMES)} for weight in draft.weights]
    lines = [
        f"# yaml-language-server: $schema={FILE_NAME}",
        f"# Proposed for: {' '.join(command.split())}",
        "# It was read, not run. Look through this file, then:",
        "#",
        f"#   tuner check --study {name} --run",
        f"#   tuner run --study {name}",
        "",
        *(line for one in draft.missing for line in _remark(one)),
        *([""] if draft.missing else []),
        f"study: {write(name, flow=True)}",
        "symptom: ''",
        *([] if draft.objective else _data(photos, draft.image_size)),
        "trainer:",
        *(line for key, value in draft.trainer.items() for line in _entry(key, value, "  ")),
        *_objective(draft),
        "weights:".ljust(REMARK_AT) + "# what you train with today",
        *_weights(draft),
        "stages:".ljust(REMARK_AT)
        + "# one weight each; times are factors on the best value so far",
        *(f"  - {write(one, flow=True)}" for one in stages),
        "confirm: {looks: 2}".ljust(REMARK_AT)
        + "# 5 more fresh seeds where the first 5 leave it open",
    ]
    return "\n".join(lines) + "\n"


def _remark(sentence: str) -> list[str]:
    return textwrap.wrap(f"{sentence}.", WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _data(photos: str | None, side: int) -> list[str]:
    told = f"  photos: {write(photos or 'sample', flow=True)}"
    return [
        "data:",
        f"{told.ljust(REMARK_AT - 1)} # color photos; a part is held out and judged",
        f"{f'  image_size: {side}'.ljust(REMARK_AT - 1)} # side of their squares, in pixels",
    ]


def _objective(draft: Draft) -> Iterator[str]:
    """What is tuned, and how another number of the script would be guarded."""
    if not draft.objective:
        return
    yield f"objective: {write(dict(draft.objective), flow=True)}"
    if draft.others:
        yield f"# Further numbers: {', '.join(draft.others)}. One that must not become worse:"
        name = draft.others[-1]
        way = "fall" if higher_is_better(name) else "rise"
        asked = write({"metrics": {name: {f"may_{way}": MARGIN}}}, flow=True)
        yield f"# guardrails: {asked}"
        yield f"# Put a number for {MARGIN}: how far it may {way} at most, in its own unit."


def _weights(draft: Draft) -> Iterator[str]:
    for name, value in draft.weights.items():
        yield (
            f"  {write(name, flow=True)}: {value!r}".ljust(REMARK_AT - 1)
            + f" # {draft.origins[name]}"
        )


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    """A key of the trainer: lists of words on as many lines as they need, files one key a line."""
    if key == "set":
        yield f"{indent}set:"
        for file in value:
            yield f"{indent}  - file: {write(file['file'], flow=True)}"
            kind = "keys" if "keys" in file else "constants"
            yield f"{indent}    {kind}:"
            for place, template in file[kind].items():
                yield f"{indent}      {write({place: template}, flow=True)[1:-1]}"
    elif isinstance(value, list):
        yield from _filled(f"{indent}{key}: [", [_inside(word) for word in value])
    else:
        yield f"{indent}{key}: {write(value, flow=True)}"


def _filled(start: str, words: Sequence[str]) -> Iterator[str]:
    """A list between brackets, in lines that are not too long; an option stays with its value."""
    line, indent = start, " " * len(start)
    chunks: list[list[str]] = []
    for word in words:
        follows = chunks and chunks[-1][0].startswith("-") and len(chunks[-1]) == 1
        if follows and not word.startswith("-"):
            chunks[-1].append(word)
        else:
            chunks.append([word])
    for number, chunk in enumerate(chunks):
        said = ", ".join(chunk) + ("]" if number == len(chunks) - 1 else ",")
        if len(line) + len(said) + 1 > WIDTH and line.strip() != start.strip():
            yield line.rstrip()
            line = indent
        line += said if line in (start, indent) else f" {said}"
    yield line


def _inside(word: str) -> str:
    """A word as it is written between brackets, where a comma or a brace needs quotes."""
    return write([word], flow=True)[1:-1]

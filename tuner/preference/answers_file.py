"""Questions and answers as a CSV file: to fill in by hand, and to go on after an interruption."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from tuner.errors import StorageError
from tuner.files.atomic import write_whole
from tuner.files.bounded import read_bounded
from tuner.preference.questions import Answer
from tuner.wording import did_you_mean, listed, shown

COLUMNS = ("study", "order", "pair", "answer")
ALLOWED = get_args(Answer)
MEGABYTES = 1


class Answers(NamedTuple):
    """What a file says.

    Attributes:
        order: The seed of the order of its pairs.
        by_pair: The answers by the number of the pair, counted from 1.
    """

    order: int
    by_pair: Mapping[int, Answer]


def write_answers(
    path: Path, study: str, order: int, pairs: int, answers: Sequence[Answer] = ()
) -> None:
    """Writes a line for every pair, with the answers that are there.

    Raises:
        StorageError: The file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(pairs):
        answer = answers[number] if number < len(answers) else ""
        writer.writerow((study, order, number + 1, answer))
    write_whole(path, text.getvalue())


def read_answers(path: Path, study: str, pairs: int) -> Answers:
    """Reads the file; pairs without an answer are left out.

    Args:
        study: The study that it has to be about.
        pairs: How many that study asks about.

    Raises:
        StorageError: It cannot be read, is of another study, or says what is not allowed.
    """
    orders, by_pair = set(), {}
    for place, row in _rows(path):
        if row["study"] != study:
            raise StorageError(f"{place}: this is about '{row['study']}', not about '{study}'")
        orders.add(_number(place, "order", row["order"], 0, None))
        pair = _number(place, "pair", row["pair"], 1, pairs)
        answer = row["answer"].lower()
        if answer and pair in by_pair:
            raise StorageError(f"{place}: pair {pair} has an answer already")
        if answer:
            by_pair[pair] = _answer(place, answer)
    if len(orders) > 1:
        raise StorageError(f"{path}: the order is {listed(map(str, sorted(orders)))}; one is meant")
    if not by_pair:
        raise StorageError(f"{path}: no pair has an answer (allowed: {listed(ALLOWED)})")
    return Answers(orders.pop(), by_pair)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines with their places, as spreadsheets write them, too."""
    try:
        text = read_bounded(path, MEGABYTES).decode("utf-8-sig")
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise StorageError(f"{path}: this is no text in UTF-8") from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in first else ",")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise StorageError(f"{path}:1: the column {listed(missing)} is missing")
    for row in reader:
        values = {name: (row[name] or "").strip() for name in COLUMNS}
        if any(values.values()):
            yield f"{path}:{reader.line_num}", values


def _number(place: str, name: str, text: str, lowest: int, highest: int | None) -> int:
    number = int(text) if text.isdecimal() and text.isascii() else -1
    if number < lowest or (highest is not None and number > highest):
        allowed = f"{lowest} to {highest}" if highest is not None else f"{lowest} or more"
        raise StorageError(f"{place}: {name} {shown(text)} (allowed: {allowed})")
    return number


def _answer(place: str, text: str) -> Answer:
    for allowed in ALLOWED:
        if text == allowed:
            known: Answer = allowed
            return known
    hint = did_you_mean(text, ALLOWED)
    raise StorageError(f"{place}: answer {shown(text)}{hint}; allowed are {listed(ALLOWED)}")

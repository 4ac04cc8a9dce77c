"""Compares a study that was disturbed with one that was not: what was found, and what is left."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
import torch
from safetensors import safe_open

from tuner.journal.history_builder import read_history
from tuner.journal.journal_file import read_entries
from tuner.results.events import TrialFinished

ONCE = ("baseline finished", "stage finished", "combination finished", "study finished")
MADE_BY_CHANCE = (".lock", "tuner.db", "tuner.db-wal", "tuner.db-shm")
"""Endings of files that say nothing about a study, or are compared by their content."""


COMPARED_OTHERWISE = ("journal.jsonl", "best.yaml", "report.html")
"""Compared by what the journal tells: times and the study's identity stand in them."""


def differences(home: Path, whole: Path, study: str, lasting: str = "") -> tuple[str, ...]:
    """What differs between two working directories, in words; empty where nothing does.

    Args:
        home: Was disturbed.
        whole: Was not.
        study: The study's name.
        lasting: Parts of the names of files that may differ, with spaces between them.
    """
    parts = [
        ("found", found_in(home, study), found_in(whole, study)),
        ("Optuna", optuna_in(home, study), optuna_in(whole, study)),
        ("files", files_in(home, lasting), files_in(whole, lasting)),
    ]
    unequal = [told for what, one, other in parts for told in _unequal(what, one, other)]
    return (*unequal, *_twice(home / "tuner-runs" / study))


def found_in(home: Path, study: str) -> dict[str, Any]:
    """Results and conclusions of the journal, without times."""
    history = read_history(home / "tuner-runs" / study)
    assert history.finished is not None, "it is finished"
    return {
        **{f"trial {n}": _timeless(one.model_dump()) for n, one in history.results.items()},
        **{f"stage {one.number}": one.model_dump() for one in history.stages},
        "combination": history.combination,
        "end": history.finished.model_dump(),
        "running": history.running,
        "facts": dict(history.facts),
    }


def optuna_in(home: Path, study: str) -> dict[str, Any]:
    """Optuna's trials by number, without times."""
    stored = optuna.load_study(study_name=study, storage=f"sqlite:///{home}/tuner.db").trials
    return {
        f"trial {one.number}": {
            "state": one.state.name,
            "value": one.value,
            "params": one.params,
            "attributes": _timeless(one.user_attrs),
            "looks": one.intermediate_values,
        }
        for one in stored
    }


def files_in(home: Path, lasting: str = "") -> dict[str, Any]:
    """All files by name, with their content where it says something."""
    found = {}
    for file in sorted(home.rglob("*")):
        name = file.relative_to(home).as_posix()
        if file.is_dir() or name.endswith(MADE_BY_CHANCE) or ".damaged-" in name:
            continue
        if lasting and any(part in name for part in lasting.split()):
            continue
        found[name] = _content(file)
    return found


def _content(file: Path) -> Any:
    if file.name in COMPARED_OTHERWISE:
        return file.name
    if file.suffix == ".safetensors":
        with safe_open(file, "pt") as tensors:
            return {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118 - no dict
    return file.read_bytes()


def _timeless(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "seconds"}


def _unequal(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            yield f"{what}: {name} is {'missing' if name not in one else 'new'}"
        elif not _equal(one[name], other[name]):
            yield f"{what}: {name} differs"


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and any(isinstance(value, torch.Tensor) for value in one.values()):
        return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)
    return json.dumps(one, default=repr) == json.dumps(other, default=repr)


def _twice(folder: Path) -> Iterator[str]:
    """Trials that were finished twice, and conclusions that were drawn twice."""
    told = Counter()
    for entry in read_entries(folder):
        event = entry.event
        if isinstance(event, TrialFinished):
            told[f"trial {event.result.trial.number}"] += 1
        elif event.event in ONCE:
            told[f"{event.event} {getattr(getattr(event, 'stage', None), 'number', '')}"] += 1
    yield from (f"told twice: {what}" for what, count in told.items() if count > 1)

"""A study that treats a symptom with the trainer, the photos and the weights of another study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.cli.new_study import study_that_treats
from tuner.cli.options import name_of
from tuner.cli.study_writing import path_for, typed_pair, write_study
from tuner.errors import TunerError
from tuner.guide.roles import ROLES, Role, likely_roles
from tuner.journal.history_builder import find_history
from tuner.journal.workspace import Workspace
from tuner.spec.json_schema import FILE_NAME
from tuner.spec.parsing.core_schema import write
from tuner.spec.role_stages import role_stages
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study, recorded_study, shipped_studies
from tuner.wording import listed

Ask = Callable[[str, Role | None], str]
"""Asks which part a weight plays; gets its name and what that suggests, returns a role or ''."""

DROPPED = ("study", "symptom", "weights", "roles", "stages", "challenger", "cycles", "confirm",
           "quick", "preset")  # fmt: skip
FITTED = {"hours", "fitted"}
"""What planned hours made of the study is not what a study like it would get."""


@dataclass(frozen=True)
class FollowUp:
    """What was written.

    Attributes:
        path: The study file.
        like: The shipped study whose stages it has.
        spec: What the file asks for.
        still: Weights that have no part in it.
    """

    path: Path
    like: str
    spec: StudySpec

    @property
    def still(self) -> tuple[str, ...]:
        """Weights that stay as they are."""
        varied = {stage.vary for stage in self.spec.stages}
        return tuple(name for name in self.spec.weights if name not in varied)


def write_follow_up(
    name: str,
    symptom: str | None,
    origin: str,
    said: Sequence[str] = (),
    ask: Ask | None = None,
    *,
    directory: Path = Path(),
    force: bool = False,
) -> FollowUp:
    """Writes `studies/NAME.yaml`, which goes on from another study.

    Args:
        symptom: As `tuner diagnose` names it, or the name of a shipped study.
        origin: Name or path of the study to go on from; its best weights are the start.
        said: Parts of weights, such as `l1=ab`; they win over those in the study.
        ask: Asks for the parts that neither says; None where no question can be asked.

    Raises:
        TunerError: A name, symptom or part is wrong, or no weight plays a part that the guide
            moves; nothing was written.
        StorageError: The file is there already, or cannot be written.
    """
    path = path_for(name, force=force)
    shipped = shipped_studies()
    like = study_that_treats(symptom, tuple(shipped))
    before, weights = _origin(origin, directory)
    if before.trainer.kind == "builtin" and before.trainer.loss is None:
        raise TunerError(
            f"init: --from is for a trainer or a loss of your own; '{before.study}' has the "
            f"built-in loss: tuner run --study {like}"
        )
    roles = {**before.roles, **dict(_one(each, weights) for each in said)}
    if ask is not None and not said:
        roles |= _asked(ask, [one for one in weights if one not in roles])
    guide = load_study(str(shipped[like]))
    stages = role_stages(guide, roles, weights)
    if not stages:
        raise TunerError(_no_part(guide, weights))
    values: dict[str, Any] = {
        "study": name,
        "symptom": guide.symptom,
        **before.model_dump(mode="json", exclude_none=True, exclude_defaults=True,
                            exclude={**dict.fromkeys(DROPPED, True), "budget": FITTED}),
        "weights": dict(weights),
        "roles": roles,
        "confirm": {"looks": 2},
        "stages": [one.model_dump(mode="json", exclude_defaults=True) for one in stages],
    }  # fmt: skip
    spec, _ = write_study(path, _text(values, before.study, like))
    return FollowUp(path, like, spec)


def _origin(origin: str, directory: Path) -> tuple[StudySpec, dict[str, float]]:
    """A study as it was run, else as its file asks for it, and its best weights so far."""
    history = find_history(Workspace(directory.absolute()).folder(name_of(origin)))
    if history is None:
        spec = load_study(origin)
        return spec, dict(spec.weights)
    spec = recorded_study(history.spec)
    best = history.finished.best_weights if history.finished else spec.weights
    return spec, dict(best)


def _one(part: str, weights: Mapping[str, float]) -> tuple[str, Role]:
    """A weight and its part, as `--role` says them."""
    name, role = typed_pair(part, "--role", weights, "such as l1=ab")
    return name, _role(role, f"init: --role {part}")


def _role(text: str, where: str) -> Role:
    for role in ROLES:
        if text.removesuffix("_weight") == role:
            return role
    raise TunerError(f"{where}: unknown part '{text}' (allowed: {listed(ROLES)})")


def _asked(ask: Ask, names: Sequence[str]) -> dict[str, Role]:
    likely = likely_roles(names)
    answers = {name: ask(name, likely.get(name)).strip() for name in names}
    return {name: _role(said, f"init: '{name}'") for name, said in answers.items() if said}


def _no_part(guide: StudySpec, weights: Mapping[str, float]) -> str:
    parts = list(dict.fromkeys(stage.vary.removesuffix("_weight") for stage in guide.stages))
    likely = likely_roles(weights)
    hint = " ".join(f"--role {name}={role}" for name, role in likely.items()) or (
        f"--role {next(iter(weights))}={parts[0]}"
    )
    return (
        f"init: for '{guide.study}' the guide moves {listed(parts)}, and no weight above 0 is "
        f"known to play such a part; say which does, such as {hint}"
    )


def _text(values: Mapping[str, Any], origin: str, like: str) -> str:
    return (
        f"# yaml-language-server: $schema={FILE_NAME}\n"
        f"# Goes on from '{origin}', with the guide's factors of '{like}'.\n"
        f"#\n#   tuner run --study {values['study']}\n\n{write(values)}"
    )

"""A finished study goes on: what may be added to it, and what that adds to try.

What was decided stays as it was: the earlier part is replayed with the settings that it had, and
the new part begins where it ended. So a study file may get further stages, values, cycles, seeds
and combined trials, and wider bounds; everything else would change what was decided.
"""

from __future__ import annotations

from collections.abc import Iterator

from tuner.errors import StudyChanged
from tuner.spec.changes import describe_changes
from tuner.spec.stage import StageSpec
from tuner.spec.stage_plan import same
from tuner.spec.study import EarlierSpec, StudySpec
from tuner.wording import joined

NARROWER = (0.7, 1.4)
"""Factors on the best value so far, in every cycle after the first."""


MAY_GROW = ("stages", "cycles", "combination", "repeats", "bounds")


def parts_of(spec: StudySpec) -> tuple[StudySpec, ...]:
    """A study as it was asked for each time, the present form last."""
    return (*(_as_it_was(spec, number) for number in range(len(spec.earlier))), spec)


def with_additions(spec: StudySpec, before: StudySpec) -> StudySpec:
    """The study with what the recorded one keeps: earlier parts, looks and seeds of the claim."""
    added, extensions = before.confirm.extensions, spec.confirm.extensions
    if len(extensions) > len(added):
        added = extensions
    repeats = spec.repeats
    if repeats.confirm == before.repeats.confirm + sum(added):
        repeats = repeats.model_copy(update={"confirm": before.repeats.confirm})
    kept = {"extensions": added, "looks": before.confirm.looks}
    confirm = spec.confirm.model_copy(update=kept)
    update = {
        "learned": before.learned,
        "earlier": before.earlier,
        "confirm": confirm,
        "repeats": repeats,
    }
    return spec.model_copy(update=update)


def asks_for_more(before: StudySpec, asked: StudySpec) -> bool:
    """Whether a study asks for other stages, values, cycles, seeds or trials, and nothing else.

    Args:
        before: The study as recorded.
        asked: The study as its file and options ask for it now, with what was added before.
    """
    alike = asked.model_copy(update={name: getattr(before, name) for name in MAY_GROW})
    return _asks_for(asked) != _asks_for(before) and not describe_changes(before, alike)


def goes_on_with(before: StudySpec, asked: StudySpec) -> StudySpec:
    """A finished study that is asked for more; more seeds alone are added to its claim.

    Args:
        before: The study as recorded.
        asked: The study as its file and options ask for it now, with what was added before.

    Raises:
        StudyChanged: The new settings would change what was decided, or add nothing to try.
    """
    problems = [*_lost(before, asked)]
    if problems:
        raise StudyChanged(
            f"'{asked.study}' is finished, and what it decided stays: {'; '.join(problems)} (it "
            "goes on with further stages, values, cycles, repeats or combined trials; else give it "
            f"another name, --set study={asked.study}-2, or start afresh with --restart)"
        )
    seeds = asked.repeats.confirm - before.repeats.confirm
    fewer = asked.repeats.model_copy(update={"confirm": before.repeats.confirm})
    _refuse_bounds_alone(before, asked.model_copy(update={"repeats": fewer}))
    if not asks_for_more(before, asked.model_copy(update={"repeats": fewer})):
        return _with_seeds(asked.model_copy(update={"repeats": fewer}), seeds)
    earlier = (*before.earlier, _earlier_of(before))
    confirm = asked.confirm.model_copy(update={"extensions": ()})
    return asked.model_copy(update={"earlier": earlier, "confirm": confirm})


def _refuse_bounds_alone(before: StudySpec, asked: StudySpec) -> None:
    """Refuses wider bounds without anything that is tried within them."""
    as_before = asked.model_copy(update={"bounds": before.bounds})
    if asks_for_more(before, asked) and not asks_for_more(before, as_before):
        raise StudyChanged(
            f"'{asked.study}' is finished, and wider bounds alone add nothing to try: add values "
            "or a stage beyond the old bounds, a cycle, or combined trials (combination: more than "
            f"{before.combination})"
        )


def further_stages(before: StudySpec, after: StudySpec) -> Iterator[StageSpec]:
    """The stages that a study has gained: new values of old ones, new ones, further cycles."""
    for old, new in zip(before.stages, after.stages, strict=False):
        values = _missing(new.listed, old.listed)
        factors = _missing(new.times or (), old.times or ())
        if values or factors:
            kept = {"vary": new.vary, "because": new.because, "extend": new.extend}
            yield StageSpec(**kept, values=values or None, times=factors or None)
    yield from after.stages[len(before.stages) :]
    yield from narrower(after, after.cycles - before.cycles)


def narrower(spec: StudySpec, cycles: int) -> Iterator[StageSpec]:
    """The stages of further cycles: each weight once, around its best value so far."""
    reasons = {stage.vary: stage.because for stage in reversed(spec.stages)}
    for _ in range(cycles):
        for name in dict.fromkeys(stage.vary for stage in spec.stages):
            yield StageSpec(vary=name, times=NARROWER, because=_again(reasons[name]))


def combined_trials(before: StudySpec, after: StudySpec) -> int:
    """Combined trials of the new part: all of them, or those added where nothing else is new."""
    alone = after.repeats == before.repeats and not any(further_stages(before, after))
    return after.combination - (before.combination if alone else 0)


def describe_going_on(spec: StudySpec) -> str:
    """What the latest part adds, in one sentence."""
    *_, before, after = parts_of(spec)
    stages = list(further_stages(before, after))
    named = ", ".join(dict.fromkeys(stage.vary for stage in stages))
    parts = [f"{len(stages)} more stage{'s' if len(stages) > 1 else ''} ({named})"] * bool(stages)
    combined = combined_trials(before, after)
    parts += [f"up to {combined} combined trials"] * bool(combined)
    parts += [f"{after.repeats.decide} deciding seeds"] * (after.repeats != before.repeats)
    return (
        f"'{spec.study}' goes on where it ended, with {joined(parts, 'and')}. What it decided "
        "stays; what is found now is claimed on seeds that no decision has seen."
    )


def describe_kept_looks(asked: StudySpec, spec: StudySpec) -> str:
    """That the claim keeps its looks where the study file asks for others now; empty elsewhere.

    Args:
        asked: The study as its file and options ask for it.
        spec: As it goes on.
    """
    kept, now = spec.confirm.looks, asked.confirm.looks
    if kept == now:
        return ""
    return (
        f"'{spec.study}' was begun with confirm.looks {kept} and keeps it, as the error rate "
        f"of its claim was set for that (a new study has {now}; --confirm N adds seeds at the end)."
    )


def _asks_for(spec: StudySpec) -> EarlierSpec:
    """What may be added to, without reasons, the seeds of extensions and the limit of trials."""
    stages = tuple(stage.model_copy(update={"because": ""}) for stage in spec.stages)
    other = {"max_trials": 1, "extensions": (), "stages": stages}
    return _earlier_of(spec).model_copy(update=other)


def _earlier_of(spec: StudySpec) -> EarlierSpec:
    return EarlierSpec(
        stages=spec.stages,
        cycles=spec.cycles,
        combination=spec.combination,
        repeats=spec.repeats,
        bounds=spec.bounds,
        max_trials=spec.budget.max_trials,
        extensions=spec.confirm.extensions,
    )


def _as_it_was(spec: StudySpec, number: int) -> StudySpec:
    was = spec.earlier[number]
    return spec.model_copy(
        update={
            **{name: getattr(was, name) for name in MAY_GROW},
            "confirm": spec.confirm.model_copy(update={"extensions": was.extensions}),
            "budget": spec.budget.model_copy(update={"max_trials": was.max_trials}),
            "earlier": spec.earlier[:number],
        }
    )


def _with_seeds(spec: StudySpec, seeds: int) -> StudySpec:
    extensions = (*spec.confirm.extensions, seeds)
    confirm = spec.confirm.model_copy(update={"extensions": extensions})
    return spec.model_copy(update={"confirm": confirm})


def _lost(before: StudySpec, asked: StudySpec) -> Iterator[str]:
    """What the new settings take away from a study, or change in another way."""
    if before.challenger is not None:
        yield "two sets of weights are compared, so only seeds can be added (--confirm N)"
    yield from _lost_stages(before, asked)
    for name in ("cycles", "combination"):
        if getattr(asked, name) < getattr(before, name):
            yield f"{name}: {getattr(before, name)} -> {getattr(asked, name)} (allowed: more)"
    for name, seeds in before.repeats:
        if getattr(asked.repeats, name) < seeds:
            yield f"repeats.{name}: {seeds} -> {getattr(asked.repeats, name)} (allowed: more)"
    for name, (low, high) in before.bounds.items():
        lower, upper = asked.bounds.get(name, (low, high))
        if lower > low or upper < high or (lower == 0) != (low == 0):
            yield f"bounds.{name}: narrower, or 0 is new (allowed: wider than {low:g} to {high:g})"


def _lost_stages(before: StudySpec, asked: StudySpec) -> Iterator[str]:
    for number, old in enumerate(before.stages):
        new = asked.stages[number] if number < len(asked.stages) else None
        if new is None or (new.vary, new.extend) != (old.vary, old.extend):
            yield f"stages[{number}]: another one, or gone (new stages come after the old ones)"
        else:
            yield from _lost_values(f"stages[{number}]", before, old, new)


def _lost_values(place: str, before: StudySpec, old: StageSpec, new: StageSpec) -> Iterator[str]:
    """The values that a stage has no more, or that would change the scale of its weight."""
    if _missing(old.listed, new.listed) or _missing(old.times or (), new.times or ()):
        yield f"{place}: a value is gone (allowed: further values)"
    elif 0 in new.listed and old.vary not in before.bounds and 0 not in _named(before, old):
        yield f"{place}: 0 is new (it would change the scale; allowed: above 0)"


def _named(spec: StudySpec, stage: StageSpec) -> tuple[float, ...]:
    """The values that the study knows of one weight."""
    listed = (one.listed for one in spec.stages if one.vary == stage.vary)
    return (spec.weights[stage.vary], *(value for values in listed for value in values))


def _missing(values: tuple[float, ...], among: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(value for value in values if not any(same(value, one) for one in among))


def _again(because: str) -> str:
    return f"{because}, in narrower steps" if because else "In narrower steps"

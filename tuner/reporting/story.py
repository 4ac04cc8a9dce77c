"""Sentences on results in the style of the tuning guide, for console, MLflow and report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tuner.results import CombinationResult, Comparison, OtherPhotos, RivalResult, StageResult
from tuner.results.events import StudyFinished
from tuner.wording import joined

RIVALS = {"rlw": "random loss weighting", "uw-so": "softmax uncertainty weighting"}
"""Full names of the weightings without search."""

ROUNDING = 1e-9
"""Part of a score below which a difference is arithmetic."""


FEW_PHOTOS = 20
"""Photos below which their number is named as the reason why the interval is wide."""


def plain(value: float) -> str:
    """A number without rounding errors: `4.0`, `0.3`, never `0.30000000000000004`."""
    return repr(float(f"{value:.10g}"))


def describe_weights(weights: Mapping[str, float]) -> str:
    """Weights on one line: `perceptual_weight=1.0, l_weight=1.0`."""
    return ", ".join(f"{name}={plain(value)}" for name, value in weights.items())


def describe_start(symptom: str, weights: Mapping[str, float]) -> str:
    """The first line of a session: `Initial (purple/sepia tones): perceptual_weight=1.0, ...`."""
    return f"Initial{f' ({symptom})' if symptom else ''}: {describe_weights(weights)}"


def describe_stage(stage: StageResult) -> str:
    """One step of the session.

    For example `Step 2 - Emphasize chrominance: ab_weight 2.0 -> 4.0, score 1.41 -> 1.22, better`.
    """
    because = describe_reason(stage)
    head = f"Step {stage.number} - {f'{because}: ' if because else ''}{stage.varied}"
    comparison = stage.comparison
    if comparison is not None and stage.chosen != stage.start:
        change = f"{plain(stage.start)} -> {plain(stage.chosen)}"
        return f"{head} {change}, {_scores(comparison)}, {comparison.verdict}"
    return f"{head} stays {plain(stage.start)} ({_why_it_stays(stage)})"


def describe_reason(stage: StageResult) -> str:
    """The guide's reason of a stage, and whether the opposite of it helped."""
    helped = stage.opposite and stage.chosen != stage.start
    if helped and stage.because:
        return f"{stage.because} (the opposite helped)"
    return stage.because


def describe_combination(combination: CombinationResult, stages: Iterable[StageResult] = ()) -> str:
    """The step that moves several weights at once.

    Args:
        combination: The result of the step.
        stages: Those before it; where one of them found a value worse that is moved to now, the
            sentence says why.

    For example `Step 5 - Combine: ab_weight 4.0 -> 4.6, l_weight 0.3 -> 0.21, score 0.85 -> 0.81,
    better`.
    """
    head = f"Step {combination.number} - Combine"
    best, comparison = combination.best_tried, combination.comparison
    if best is None or comparison is None:
        return f"{head}: nothing more promising was found"
    scores, verdict = _scores(comparison), comparison.verdict
    if dict(combination.chosen) == dict(combination.start):
        moved = describe_weights(_moved(combination.start, best))
        return f"{head}: stays ({moved} tried: {scores}, {verdict}{_noted(combination.note)})"
    changes = (
        f"{name} {plain(combination.start[name])} -> {plain(value)}"
        for name, value in _moved(combination.start, best).items()
    )
    open_question = "not significant yet; tested next on new seeds"
    outcome = verdict if verdict == "better" else open_question
    told = f"{head}: {', '.join(changes)}, {scores}, {outcome}"
    return "; ".join([told, *_overridden(combination, stages)])


def _overridden(combination: CombinationResult, stages: Iterable[StageResult]) -> Iterator[str]:
    """Why weights are moved to where a stage has found them worse."""
    for stage in stages:
        value, tried = combination.chosen[stage.varied], stage.best_tried
        if tried is None or stage.comparison is None or stage.comparison.verdict != "worse":
            continue
        if (value - stage.start) * (tried - stage.start) > 0:
            yield (
                f"step {stage.number} found {stage.varied} {plain(tried)} worse, but moved it "
                "alone; all trials together expect a gain where the other weights move too"
            )


def describe_rival(rival: RivalResult) -> str:
    """The result of a preset or of another weighting, against the start weights.

    For example `Instead, preset balanced: score 1.41 -> 1.38, gain 0.03 (95 % interval ...)`.
    """
    name = RIVALS.get(rival.name, f"preset {rival.name}")
    if rival.comparison is None:
        return f"Instead, {name}: no score"
    measured = f"{_scores(rival.comparison)}, {describe_gain(rival.comparison)}"
    return f"Instead, {name}: {measured}, {rival.comparison.verdict}"


def describe_claim(finished: StudyFinished, start_weights: Mapping[str, float]) -> str:
    """The claim of a study in one or two sentences.

    Args:
        finished: The result of the study.
        start_weights: The weights that the user trained with before.
    """
    claim = _claim(finished, start_weights)
    beyond = describe_other_photos(finished.confirmation)
    claim = f"{claim} {beyond}" if beyond else claim
    return f"{claim} Stopped early: {finished.stopped}." if finished.stopped else claim


def _claim(finished: StudyFinished, start_weights: Mapping[str, float]) -> str:
    comparison = finished.confirmation
    if finished.compared is not None:
        return _compared(comparison, *finished.compared)
    if comparison is None or not comparison.seeds:
        return _unconfirmed(finished, start_weights)
    seeds = _seeds(comparison, "fresh seed")
    if comparison.other_photos and comparison.other_photos.vault:
        seeds += f" and the {comparison.other_photos.photos} photos of the vault"
        comparison = _on_the_vault(comparison, comparison.other_photos)
    measured = f"{_scores(comparison)}, {describe_gain(comparison)}"
    if comparison.verdict == "better":
        return f"Confirmed on {seeds}: {measured}, better than the start weights."
    if comparison.low is None:
        return (
            f"Not confirmed on {seeds}: {measured}; some of these trainings diverged or were "
            "rejected, so the start weights are kept."
        )
    if comparison.verdict == "worse":
        return (
            f"Not confirmed on {seeds}: {measured}, worse than the start weights, "
            "which are therefore kept."
        )
    return (
        f"Not confirmed on {seeds}: {measured}, no difference beyond the noise; "
        "the start weights are kept."
    )


def describe_other_photos(claim: Comparison | None) -> str:
    """How far a claim carries beyond the photos that it was made on; empty where none is made.

    For example `For other photos: 0.00 to 0.23, as only 8 were there (worse on 3 of them).` After a
    vault, which are other photos, it says what the photos of the decisions showed.
    """
    if claim is None or not claim.seeds or (claim.verdict != "better" and not _has_vault(claim)):
        return ""
    beyond = claim.other_photos
    if beyond is None:
        return "For other photos: unknown, as scores of single photos are not known."
    if beyond.vault:
        return f"On the photos that were scored all along: {describe_gain(claim)}."
    digits = _digits(claim)
    interval = f"{_fixed(beyond.low, digits)} to {_fixed(beyond.high, digits)}"
    doubt = ", perhaps no gain" if beyond.low <= 0 else ""
    worse = f"worse on {beyond.worse_on or 'none'} of them"
    if beyond.photos < FEW_PHOTOS:
        return f"For other photos: {interval}{doubt}, as only {beyond.photos} were there ({worse})."
    return f"For other photos: {interval}{doubt}, by the {beyond.photos} that were there ({worse})."


def gain_intervals(claim: Comparison) -> dict[str, str]:
    """Both intervals of a claim as text, by name: `seeds`, and `other_photos` or `vault`."""
    beyond, digits = claim.other_photos, _digits(claim)
    ends = {"seeds": (claim.low, claim.high)}
    if beyond is not None:
        ends["vault" if beyond.vault else "other_photos"] = (beyond.low, beyond.high)
    return {
        name: f"{_fixed(low, digits)} to {_fixed(high, digits)}"
        for name, (low, high) in ends.items()
        if low is not None and high is not None
    }


def _has_vault(claim: Comparison) -> bool:
    return claim.other_photos is not None and claim.other_photos.vault


def _on_the_vault(claim: Comparison, vault: OtherPhotos) -> Comparison:
    """The claim in the numbers of the vault, which decides it."""
    numbers = {name: getattr(vault, name) for name in ("before", "after", "gain", "low", "high")}
    return claim.model_copy(update=numbers)


def describe_next_step(finished: StudyFinished, study: str) -> str:
    """The command that may settle what is not confirmed; empty where none would.

    Args:
        study: Its name.
    """
    claim = finished.confirmation
    if claim is None or not claim.seeds or claim.low is None:
        return ""
    if claim.verdict != "no difference" or claim.gain <= 0:
        return ""
    return f"More seeds may settle it: tuner run --study {study} --confirm {len(claim.seeds)}"


def _compared(comparison: Comparison | None, first: str, second: str) -> str:
    """What is said of two sets of weights of which nothing was searched."""
    if comparison is None:
        return f"{second} could not be compared with {first}: no seed has a score of both."
    seeds = _seeds(comparison, "seed")
    if comparison.other_photos and comparison.other_photos.vault:
        seeds += f" and the {comparison.other_photos.photos} photos of the vault"
        comparison = _on_the_vault(comparison, comparison.other_photos)
    where = f"on {seeds}: {_scores(comparison)}, {describe_gain(comparison)}"
    if comparison.low is None:
        failed = f"some trainings of {second} diverged or were rejected"
        return f"{second} could not be compared with {first} {where}; {failed}."
    if comparison.verdict == "no difference":
        return f"No difference between {first} and {second} that counts {where}."
    return f"{second} is {comparison.verdict} than {first} {where}."


def _seeds(comparison: Comparison, name: str) -> str:
    """How many seeds, and how often they were looked at: `10 seeds (looked at after 5 and 10)`."""
    number, looks = len(comparison.seeds), comparison.looks
    often = f" (looked at after {joined(map(str, looks), 'and')})" if len(looks) > 1 else ""
    return f"{number} {name}{'s' if number != 1 else ''}{often}"


def describe_gain(comparison: Comparison) -> str:
    """A gain with its interval: `gain 0.23 (95 % interval 0.15 to 0.31)`."""
    digits = _digits(comparison)
    gain = f"gain {_fixed(comparison.gain, digits)}"
    if comparison.low is None or comparison.high is None:
        return f"{gain} (interval unknown)"
    interval = f"{_fixed(comparison.low, digits)} to {_fixed(comparison.high, digits)}"
    return f"{gain} ({comparison.confidence * 100:g} % interval {interval})"


def _unconfirmed(finished: StudyFinished, start_weights: Mapping[str, float]) -> str:
    if dict(finished.incumbent_weights) == dict(start_weights):
        return "Nothing better than the start weights was found; they are kept."
    if dict(finished.best_weights) == dict(start_weights):
        return "Not confirmed, as no fresh seeds were trained; the start weights are kept."
    return "Not confirmed, as no fresh seeds were trained; these are the best weights found."


def _why_it_stays(stage: StageResult) -> str:
    if stage.best_tried is None:
        return "every other value left early, was rejected or diverged"
    if stage.comparison is None:
        return f"{plain(stage.best_tried)} could not be compared"
    verdict = stage.comparison.verdict
    tried = f"{plain(stage.best_tried)} tried: {_scores(stage.comparison)}, {verdict}"
    return f"{tried}{_noted(stage.note)}{_noted(_nothing_visible(stage))}"


def _nothing_visible(stage: StageResult) -> str:
    """The sentence on a weight without any visible effect; empty for others."""
    if stage.visible_from is None:
        return ""
    lowest, highest = (plain(stage.tried[end][0]) for end in (0, -1))
    largest = max(abs(score) for _, score in stage.tried if score is not None)
    if stage.visible_from <= ROUNDING * largest:
        return f"no effect at all from {lowest} to {highest}"
    return (
        f"no visible effect from {lowest} to {highest}, where one of {stage.visible_from:.2g} "
        "would be seen"
    )


def _noted(note: str) -> str:
    return f"; {note}" if note else ""


def _moved(start: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in weights.items() if value != start[name]}


def _scores(comparison: Comparison) -> str:
    digits = _digits(comparison)
    before, after = _fixed(comparison.before, digits), _fixed(comparison.after, digits)
    return f"score {before} -> {after}"


def _digits(comparison: Comparison) -> int:
    """Number of decimals: two, or three where two would hide the difference."""
    return 2 if abs(comparison.gain) >= 0.02 else 3  # noqa: PLR2004


def _fixed(value: float, digits: int) -> str:
    # Adding 0.0 turns -0.0 into 0.0.
    return f"{round(value, digits) + 0.0:.{digits}f}"

"""What MLflow's pages say about a study: tags and notes."""

from __future__ import annotations

from urllib.parse import quote

from tuner.journal.history import StudyHistory
from tuner.reporting.advice_summary import describe_advice
from tuner.reporting.answer import (
    describe_effect,
    describe_range,
    describe_share,
    describe_shares,
    effects_of,
)
from tuner.reporting.claim import describe_claim, describe_next_step, gain_intervals
from tuner.reporting.outcome import diagnosis_of
from tuner.reporting.preference import preference_sentences
from tuner.reporting.session import session_of
from tuner.reporting.story import (
    describe_rival,
    describe_weights,
    plain,
)
from tuner.reporting.verdicts import because_of, stage_of, trial_gain, trial_verdict
from tuner.results import Trial
from tuner.tracking.leaderboard import WEIGHTS, leaderboard_path, weights_label
from tuner.wording import literal

NETWORKS = ("training network", "scoring network")


def trial_tags(history: StudyHistory, number: int) -> dict[str, str]:
    """Tags by which trials are searched, filtered and grouped; the note is not among them."""
    trial, result = history.trials[number], history.results.get(number)
    tags = {
        "tuner.kind": "trial",
        **_belongs_to(history),
        "tuner.trial": f"{number:02d}",
        WEIGHTS: weights_label(history, number),
        "tuner.stage": str(trial.stage),
        "tuner.role": trial.role,
        "tuner.varied": trial.varied or "",
        "tuner.seed": str(trial.seed),
        "tuner.state": history.state(number),
        "tuner.verdict": trial_verdict(history, number),
        "tuner.reason": result.reason if result else "",
        "tuner.warnings": "; ".join(result.warnings) if result else "",
    }
    return {**{key: value for key, value in tags.items() if value}, **_provenance(history)}


def trial_note(history: StudyHistory, number: int, picture: str = "") -> str:
    """A trial's page: its result, the reason for its value, and its latest picture.

    Args:
        picture: Address as `picture_address` gives it; empty for none.
    """
    trial, result = history.trials[number], history.results.get(number)
    because = because_of(history, trial)
    lines = [
        literal(_outcome(history, number)),
        f"![photos]({picture})" if picture else "",
        literal(f"Why this value: {because}.") if because else "",
        literal(
            f"Weights: {describe_weights(trial.weights)}; seed {trial.seed}, {trial.steps} steps."
        ),
        literal(f"Noticed: {'; '.join(result.warnings)}.") if result and result.warnings else "",
        "\n".join(
            f"- Step {one.step}: {literal(one.sentence)}."
            for one in history.advice
            if one.number == number
        ),
    ]
    return "\n\n".join(line for line in lines if line)


def study_tags(history: StudyHistory) -> dict[str, str]:
    """Tags of the parent run, but for its note."""
    symptom = str(history.spec.get("symptom", ""))
    tags = {"tuner.kind": "study", **_belongs_to(history), **_provenance(history)}
    for effect in effects_of(history):
        tags[f"tuner.range.{effect.name}"] = describe_range(effect)
        if effect.share:
            tags[f"tuner.share.{effect.name}"] = describe_share(effect.share)
    claim = history.finished.confirmation if history.finished else None
    if claim is not None and claim.seeds:
        tags |= {
            f"tuner.gain.{name}": text for name, text in gain_intervals(claim, history.unit).items()
        }
    for preference in history.preferences[-1:]:
        tags["tuner.preference"] = preference.verdict
        tags["tuner.preference.share"] = f"{preference.share.value:.3f}"
    return {**tags, "tuner.symptom": symptom} if symptom else tags


def study_verdict(history: StudyHistory, *, alive: bool) -> str:
    """One sentence on the result or the state of a study."""
    if history.finished is not None:
        return describe_claim(history.finished, history.start_weights, history.unit)
    done = f"{len(history.results)} of at most {history.opened.trials_most} trials"
    if alive:
        return f"Under way: {done}, {len(history.stages)} stages judged."
    return f"Interrupted after {done}; the same command as before goes on."


def study_note(history: StudyHistory, picture: str, *, alive: bool) -> str:
    """The parent's page: the verdict, the session in the guide's form, a picture.

    Args:
        history: The study as it stands.
        picture: Address of a picture as `picture_address` gives it; empty for none.
        alive: Whether a process still works on the study.
    """
    verdict = study_verdict(history, alive=alive)
    best = history.finished.best_weights if history.finished else history.incumbent
    rivals = history.finished.rivals if history.finished else ()
    lines = [
        f"{literal(verdict)} Best weights: **{literal(describe_weights(best))}**.",
        literal(describe_next_step(history.finished, history.study)) if history.finished else "",
        literal(diagnosis_of(history).sentence),
        *map(literal, preference_sentences(history)),
        describe_session(history),
        "\n".join(f"- {literal(describe_effect(effect))}" for effect in effects_of(history)),
        describe_shares(effects_of(history)),
        "\n".join(f"- {literal(describe_rival(rival, history.unit))}" for rival in rivals),
        "\n".join(f"**Note:** {literal(notice)}" for notice in history.notices),
        "\n".join(f"- {literal(remark)}" for remark in history.remarks),
        "\n".join(map(literal, history.finished.warnings)) if history.finished else "",
        "\n".join(f"- {literal(sentence)}" for sentence in describe_advice(history)),
        f"![photos]({picture})" if picture else "",
        _provenance_table(history),
    ]
    return "\n\n".join(line for line in lines if line)


def describe_session(history: StudyHistory) -> str:
    """The session as a list, as in the guide: the start, then one line a step."""
    return "\n".join(f"- {literal(step.text)}" for step in session_of(history))


def experiment_note(history: StudyHistory, experiment_id: str, *, alive: bool) -> str:
    """The experiment's page; it begins with a sentence, as MLflow drops a heading there."""
    name = literal(history.unit.name)
    link = (
        f"[Leaderboard: all sets of weights, best {name} first]({leaderboard_path(experiment_id)})"
    )
    verdict = literal(study_verdict(history, alive=alive))
    return f"{verdict} {link}\n\n{describe_session(history)}"


def picture_address(run_id: str, name: str) -> str:
    """Address under which MLflow's pages show a picture of `figure_path`."""
    return f"get-artifact?path={quote(figure_path(name), safe='')}&run_uuid={run_id}"


def figure_path(name: str) -> str:
    """Where the latest picture of a name lies among a run's artifacts."""
    return f"figures/{name.replace('/', '-')}.png"


def _outcome(history: StudyHistory, number: int) -> str:
    result, verdict = history.results.get(number), trial_verdict(history, number)
    if result is None:
        return f"This trial is {history.state(number)}."
    if result.score is None or result.status != "complete":
        reason = f": {result.reason}" if result.reason else ""
        score = f" ({history.unit.told(result.score)})" if result.score is not None else ""
        return f"{result.status.capitalize()}{reason}{score}"
    gain = trial_gain(history, number)
    compared = f", gain {gain} over {_start_of(history, result.trial)}" if gain else ""
    told = history.unit.told(result.score)
    told = told if history.unit.metric else told.capitalize()
    return f"{told}{compared}{f': {verdict}' if verdict else ''}."


def _start_of(history: StudyHistory, trial: Trial) -> str:
    stage = stage_of(history, trial)
    return f"{stage.varied}={plain(stage.start)}" if stage else "the start"


def _belongs_to(history: StudyHistory) -> dict[str, str]:
    return {"tuner.study": history.study, "tuner.study_uid": history.opened.uid}


def _provenance(history: StudyHistory) -> dict[str, str]:
    """Tags of what judged: a random trunk has to be seen, and searched for. The rest is a file."""
    return {
        f"tuner.from.{key.replace(' ', '_')}": history.provenance[key]
        for key in NETWORKS
        if history.provenance.get(key)
    }


def _provenance_table(history: StudyHistory) -> str:
    if not history.provenance:
        return ""
    rows = [f"| {literal(key)} | {literal(value)} |" for key, value in history.provenance.items()]
    return "\n".join(["| made with | |", "|---|---|", *rows])

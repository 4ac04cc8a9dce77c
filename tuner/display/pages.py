"""Prints the pages of commands that only read: plan, status, study and the list of studies."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from tuner.display.closing import effect_lines, ranking_lines, session_lines
from tuner.display.narrow import describe_hidden_columns
from tuner.display.sentences import StatusLine, describe_plan, describe_visible
from tuner.display.tables import TrimmedTable, plan_table, study_table, table_of
from tuner.display.wrapping import print_line
from tuner.journal.history import StudyHistory
from tuner.reporting.advice_summary import describe_advice
from tuner.reporting.answer import simplification_sentence
from tuner.reporting.claim import describe_claim, describe_next_step
from tuner.reporting.finalists import describe_finalists
from tuner.reporting.outcome import diagnosis_of
from tuner.reporting.preference import preference_sentences
from tuner.reporting.session import describe_warm_start
from tuner.reporting.story import describe_rival, describe_weights
from tuner.reporting.whole_sets import describe_whole_sets
from tuner.results import Noise
from tuner.results.events import StudyFinished
from tuner.results.score_unit import SCORE, ScoreUnit
from tuner.spec.plan import Plan, make_plan
from tuner.spec.study_file import StudyHeading, recorded_study
from tuner.spec.trial_count import ablations
from tuner.wording import listed

PIPED_WIDTH = 120


def print_plan(
    plan: Plan,
    noise: Noise | None = None,
    unit: ScoreUnit = SCORE,
    *,
    stream: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Prints what would be tried.

    Args:
        noise: The noise that an earlier run of the study has measured.
        unit: What the scores stand for.
    """
    console = page_console(stream, width)
    _say(console, describe_plan(plan))
    _say(console, f"Start weights: {describe_weights(plan.weights)}")
    for line in _around_the_stages(plan, noise, unit):
        _say(console, line)
    console.print()
    console.print(plan_table(plan))


def print_status(
    history: StudyHistory,
    found_by: Sequence[str] = (),
    *,
    stream: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Prints where a study stands, in sentences.

    Args:
        found_by: Options with which a command finds the study, such as `--directory runs`.
    """
    console = page_console(stream, width)
    done, most = len(history.results), history.opened.trials_most
    _say(console, f"{history.study}: {done} of at most {most} trials finished.")
    _say_story(console, history)
    if history.noise is not None:
        plan = make_plan(recorded_study(history.spec))
        _say(console, describe_visible(history.noise, plan, history.unit))
    for sentence in describe_advice(history):
        _say(console, sentence)
    finished = history.finished
    if finished is None:
        if diagnosis := diagnosis_of(history, found_by).sentence:
            _say(console, diagnosis)
        running = ", ".join(trial.title for trial in history.running.values())
        _say(console, f"Started and not finished: {running or 'nothing'}.")
        _say(console, f"Best weights so far: {describe_weights(history.incumbent)}")
        return
    _say_answer(console, finished, history, found_by)
    for warning in finished.warnings:
        _say(console, warning)


def print_study(
    history: StudyHistory,
    found_by: Sequence[str] = (),
    *,
    stream: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Prints the table of stages and trials, and the claim where there is one.

    Args:
        found_by: As for `print_status`.
    """
    console = page_console(stream, width)
    console.print(study_table(history))
    hidden = describe_hidden_columns(history, console.width, found_by)
    beside = [hidden, *describe_whole_sets(history)]
    if told := [*filter(None, beside)]:
        console.print()
        for sentence in told:
            _say(console, sentence)
    finished = history.finished
    if finished is not None:
        console.print()
        long_run = describe_finalists(finished.finalists, history.unit)
        for step in (simplification_sentence(history), long_run):
            if step:
                _say(console, step)
        _say_answer(console, finished, history, found_by)
        for line in ranking_lines(history.asked_results):
            print_line(console, line)
        for sentence in preference_sentences(history):
            _say(console, sentence)


def print_studies(
    studies: Iterable[StudyHeading],
    presets: Mapping[str, Mapping[str, float]],
    *,
    stream: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Prints the list of studies, and the presets of weights."""
    console = page_console(stream, width)
    table = table_of("name", "about")
    table.show_header = False
    for heading in studies:
        own = "" if heading.shipped else f" ({heading.path})"
        table.add_row(Text(heading.name, style="bold"), Text(f"{heading.symptom}{own}"))
    for name, weights in presets.items():
        table.add_row(Text(f"weights: {name}"), Text(describe_weights(weights)))
    console.print(TrimmedTable(table))


def say(text: str) -> None:
    """Prints a sentence without wrapping, so long paths stay whole."""
    page_console(None, None).print(Text(text), soft_wrap=True)


def say_wrapped(text: str, *, heading: bool = False) -> None:
    """Prints a sentence; on a terminal it is wrapped between words."""
    print_line(page_console(None, None), StatusLine(text, "heading" if heading else "usual"))


def _around_the_stages(plan: Plan, noise: Noise | None, unit: ScoreUnit) -> Iterator[str]:
    """Sentences on what comes before and after the stages."""
    seeds = len(plan.baseline_seeds)
    if noise is None:
        yield f"First: {seeds} trials of the start weights, which measure the noise."
    else:
        yield describe_visible(noise, plan, unit)
    if plan.combination:
        repeats = len(plan.decide_seeds) - 1
        repeated = f", and {repeats} that repeat the best of them" if repeats else ""
        yield (
            f"After the stages: up to {plan.combination} trials that move several weights at once, "
            f"where all trials together say that the optimum is{repeated}."
        )
    if plan.stages:
        yield (
            f"Then: up to {sum(ablations(plan))} trials that set changed weights back, so that as "
            "few change as is needed."
        )
    longer = f" of {plan.confirm_steps} steps" if plan.confirm_steps != plan.steps else ""
    if plan.finalist_trials:
        yield (
            f"Then: up to {plan.finalist_trials} trials{longer}, which choose one of up to "
            f"{plan.candidates} sets of weights on seeds of their own."
        )
    trials, more = f"{plan.confirmation_trials} trials{longer}", plan.second_look_trials
    again = f", and up to {more} more where that leaves it open" if more else ""
    yield f"At the end: {trials} on fresh seeds, to confirm a gain{again}."
    if plan.rivals:
        names = listed([rival.name for rival in plan.rivals])
        yield f"Beside it, on the same seeds: {names}; not counted in the budget."


def _say_story(console: Console, history: StudyHistory) -> None:
    symptom = str(history.spec.get("symptom", ""))
    parts = (*history.parts, history.present_part)
    for line in session_lines(symptom, history.start_weights, *parts, unit=history.unit):
        print_line(console, line)
    if told := describe_warm_start(history.spec):
        _say(console, told)


def _say_answer(
    console: Console,
    finished: StudyFinished,
    history: StudyHistory,
    found_by: Sequence[str],
) -> None:
    """Prints the claim, the effect of each weight, the diagnosis, rivals and best weights."""
    _say(console, describe_claim(finished, history.start_weights, history.unit))
    if step := describe_next_step(finished, history.study, found_by):
        _say(console, step)
    for line in effect_lines(finished.effects):
        print_line(console, line)
    if diagnosis := diagnosis_of(history, found_by).sentence:
        _say(console, diagnosis)
    for rival in finished.rivals:
        _say(console, describe_rival(rival, history.unit))
    _say(console, f"Best weights: {describe_weights(finished.best_weights)}")


def _say(console: Console, text: str) -> None:
    print_line(console, StatusLine(text))


def page_console(stream: TextIO | None = None, width: int | None = None) -> Console:
    """The console of a page; standard output by default."""
    stream = stream or sys.stdout
    piped = not stream.isatty()
    # A pipe has no width, and gets no colors, also where the environment asks for them.
    return Console(
        file=stream, width=width or (PIPED_WIDTH if piped else None),
        force_terminal=False if piped else None, highlight=False, no_color=piped or None,
    )  # fmt: skip

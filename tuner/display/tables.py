"""Plans and studies as tables without lines, for terminals of 40 columns or more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from tuner.display.narrow import ROOMY, TIGHT, guarded_numbers
from tuner.display.trials_left import describe_count
from tuner.journal.history import StudyHistory
from tuner.reporting.story import describe_gain, describe_reason, describe_weights, plain
from tuner.results import Comparison, StageResult, Trial, TrialResult
from tuner.results.score_unit import ScoreUnit
from tuner.spec.plan import Plan
from tuner.spec.stage_plan import StagePlan
from tuner.spec.trial_count import extensions

WHOLE = ("step", "stage", "weight", "value", "trial", "seed")


@dataclass(frozen=True)
class PlanTable:
    """The planned stages."""

    plan: Plan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        roomy = options.max_width >= ROOMY
        table = table_of("stage", "weight", "values", *(["trials", "because"] if roomy else []))
        for stage in self.plan.stages:
            values = stage.candidates(self.plan.weights[stage.varied])
            most = len(values) + self._extra(stage)
            more = [describe_count(len(values), most), stage.asked.because] if roomy else []
            table.add_row(*_texts(str(stage.number), stage.varied, _listed(values), *more))
        yield TrimmedTable(table)
        if not roomy:
            yield Text(f"From {ROOMY} columns on: trials and reasons of each stage, too.")

    def _extra(self, stage: StagePlan) -> int:
        return extensions(stage) + len(self.plan.decide_seeds) - 1


@dataclass(frozen=True)
class StudyTable:
    """The stages and trials of a study so far."""

    history: StudyHistory

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.history.stages:
            yield TrimmedTable(self._stages(options.max_width))
            yield Text()
        yield TrimmedTable(self._trials(options.max_width))

    def _stages(self, width: int) -> Table:
        number, roomy = width >= TIGHT, width >= ROOMY
        before = ["step"] if number else []
        behind = ["gain", "because"] if roomy else ["gain"] if number else []
        table = table_of(*before, "weight", "value", "verdict", *behind, gap=2 if number else 1)
        for stage in self.history.stages:
            comparison = stage.comparison
            verdict = comparison.verdict if comparison else "not compared"
            row = [stage.varied, _moved(stage), verdict]
            step = [str(stage.number)] if number else []
            last = [_gain(comparison, self.history.unit, roomy=roomy), describe_reason(stage)][
                : len(behind)
            ]
            table.add_row(*_texts(*step, *row, *last))
        for row in self._combination(number=number, roomy=roomy):
            table.add_row(*_texts(*row))
        return table

    def _combination(self, *, number: bool, roomy: bool) -> Iterator[list[str]]:
        """A row for each weight that was moved together with others."""
        combination = self.history.combination
        if combination is None or combination.comparison is None:
            return
        step, comparison = str(combination.number), combination.comparison
        gain, because = _gain(comparison, self.history.unit, roomy=roomy), "Combine"
        verdict: str = comparison.verdict
        for name, value in (combination.best_tried or {}).items():
            before = combination.start[name]
            if value != before:
                stays = combination.chosen[name] == before
                moved = f"stays {plain(before)}" if stays else f"{plain(before)} -> {plain(value)}"
                row = [name, moved, verdict]
                last = [gain, because] if roomy else [gain] if number else []
                yield [*([step] if number else []), *row, *last]
                step = gain = because = verdict = ""

    def _trials(self, width: int) -> Table:
        gap, roomy = 1 if width < TIGHT else 2, width >= ROOMY
        unit = self.history.unit
        guarded = guarded_numbers(self.history) if width >= TIGHT else []
        names = [unit.name, *guarded]
        table = table_of("trial", "seed", *names, *(["state"] if roomy else []), gap=gap)
        for number, trial in sorted(self.history.trials.items()):
            result = self.history.results.get(number)
            state = _state(self.history, number)
            score = "" if result is None or result.score is None else unit.number(result.score)
            odd = state.partition(":")[0] if state != "complete" else ""
            others = [_measured(result, name) for name in guarded]
            shown = [score, *others, state]
            if not roomy:
                *cells, last = shown[:-1]
                shown = [*cells, " ".join(filter(None, (last, odd)))]
            what = f"{number:02d} {_what(trial, self.history.start_weights)}"
            table.add_row(*_texts(what, str(trial.seed), *shown))
        return table


@dataclass(frozen=True)
class TrimmedTable:
    """A table without blanks at the ends of its lines, so that it can be copied."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self.table, options, pad=False):
            yield from _without_blanks_at_the_end(line)
            yield Segment.line()


def _without_blanks_at_the_end(line: list[Segment]) -> list[Segment]:
    while line and not line[-1].text.rstrip():
        line.pop()
    if line:
        line[-1] = Segment(line[-1].text.rstrip(), line[-1].style)
    return line


def plan_table(plan: Plan) -> PlanTable:
    """The stages of a plan: what each varies, over which values, and why."""
    return PlanTable(plan)


def study_table(history: StudyHistory) -> StudyTable:
    """The stages of a study with their verdicts, and all its trials with their scores."""
    return StudyTable(history)


def table_of(*names: str, gap: int = 2) -> Table:
    """An empty table without lines; names and values are not wrapped, sentences are."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in WHOLE)
    return table


def _texts(*cells: str) -> list[Text]:
    """Cells as plain text: a bracket in a name is not markup."""
    return [Text(cell) for cell in cells]


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(plain(value) for value in values)


def _gain(comparison: Comparison | None, unit: ScoreUnit, *, roomy: bool) -> str:
    """The gain of a step, with its interval where there is room."""
    told = describe_gain(comparison, unit).removeprefix("gain ") if comparison else ""
    return told if roomy else told.partition(" (")[0]


def _moved(stage: StageResult) -> str:
    if stage.chosen == stage.start:
        return f"stays {plain(stage.start)}"
    return f"{plain(stage.start)} -> {plain(stage.chosen)}"


def _measured(result: TrialResult | None, name: str) -> str:
    known = result is not None and name in result.measures
    return ScoreUnit(name).number(result.measures[name]) if result and known else ""


def _state(history: StudyHistory, number: int) -> str:
    state, result = history.state(number), history.results.get(number)
    said = [result.reason, *result.warnings] if result else []
    return ": ".join(filter(None, (state, "; ".join(filter(None, said)))))


def _what(trial: Trial, start: Mapping[str, float]) -> str:
    if trial.role == "confirmation":
        return f"confirm {'start' if trial.is_of(start) else 'best'}"
    if trial.rival or trial.role == "combination":
        return trial.rival or "combination"
    if trial.varied is None:
        return trial.purpose
    return describe_weights({trial.varied: trial.weights[trial.varied]})

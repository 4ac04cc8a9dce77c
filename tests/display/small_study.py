"""A small study, its events, and consoles that can be looked at afterwards."""

import io

from tuner.display.progress_view import ProgressView
from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry
from tuner.results import CombinationResult, Comparison, Noise, StageResult, Trial, TrialResult
from tuner.results.events import (
    CombinationFinished,
    CurvePoint,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)
from tuner.spec.plan import make_plan
from tuner.spec.study import StudySpec

START = {"perceptual_weight": 1.0, "ab_weight": 2.0}
BEST = {"perceptual_weight": 0.5, "ab_weight": 2.0}
SPEC = StudySpec.model_validate(
    {
        "study": "sepia-fix",
        "symptom": "sepia tones",
        "weights": START,
        "trainer": {"steps": 1000},
        "stages": [
            {"vary": "perceptual_weight", "values": [0.3, 0.5], "because": "Reduce dominance"},
            {"vary": "ab_weight", "values": [3.0, 4.0], "extend": False},
        ],
        "combination": 0,
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
    }
)
PLAN = make_plan(SPEC)
COMBINING = make_plan(SPEC.model_copy(update={"combination": 4}))
"""The same with a combination behind its stages."""
PREPARED = TrainingPrepared(facts={"device": "cpu"}, notices=("LPIPS has a RANDOM trunk.",))


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


def fresh(**changes):
    return ProgressView(**({"plan": PLAN, "began": 0.0, "heard": 0.0} | changes))


def after(progress, *events, every=10.0):
    """Tells the events, one each `every` seconds."""
    for event in events:
        progress = progress.after(event, progress.heard + every)
    return progress


def baseline(number=0):
    return Trial(weights=START, seed=number + 1, steps=1000, role="baseline", number=number)


def candidate(number=2, value=0.5, seed=1, varied="perceptual_weight", stage=1):
    return Trial(
        weights={**START, varied: value}, seed=seed, steps=1000, role="candidate",
        stage=stage, varied=varied, number=number,
    )  # fmt: skip


def confirming(number, weights, seed=101):
    return Trial(weights=weights, seed=seed, steps=1000, role="confirmation", number=number)


def opened():
    return StudyOpened(
        study="sepia-fix", uid="0", spec=SPEC.model_dump(mode="json"), provenance={}, trials_most=18
    )


def started(trial):
    return TrialStarted(trial=trial)


def point(number, step, score=None):
    values = {"loss/total": 1.0} if score is None else {"heldout/score": score}
    return CurvePoint(number=number, step=step, values=values)


def ended(trial, score=0.6, **changes):
    result = {"trial": trial, "status": "complete", "score": score, "seconds": 60.0} | changes
    return TrialFinished(result=TrialResult(**result))


def diverged(trial):
    return ended(trial, None, status="diverged", reason="the loss became nan at step 120")


def whole_baseline():
    return [started(baseline(0)), started(baseline(1)), ended(baseline(0), 0.65),
            ended(baseline(1), 0.67)]  # fmt: skip


def compared(before=0.66, after=0.6, verdict="better", seeds=(1, 2)):
    gain = before - after
    return Comparison(
        before=before, after=after, gain=gain, low=gain - 0.02, high=gain + 0.02,
        confidence=0.8, seeds=seeds, verdict=verdict,
    )  # fmt: skip


def judged(number=1, chosen=0.5):
    stage = PLAN.stages[number - 1]
    start = START[stage.varied]
    verdict = "better" if chosen != start else "no difference"
    result = StageResult(
        number=number, varied=stage.varied, because=stage.asked.because, start=start,
        chosen=chosen, best_tried=0.5, tried=((start, 0.66), (0.5, 0.6)),
        comparison=compared(verdict=verdict),
    )  # fmt: skip
    return StageFinished(stage=result, incumbent={**START, stage.varied: chosen})


COMBINED = {"perceptual_weight": 0.4, "ab_weight": 3.3}


def combined(chosen=COMBINED):
    """Both weights moved at once; kept where `chosen` is the start."""
    result = CombinationResult(
        number=3, start=START, chosen=chosen, best_tried=COMBINED, tried=((COMBINED, 0.55),),
        comparison=compared(0.6, 0.55, "better" if chosen == COMBINED else "worse"),
    )  # fmt: skip
    return CombinationFinished(combination=result)


def finished(verdict="better", best=BEST):
    return StudyFinished(
        best_weights=best, incumbent_weights=BEST, confirmation=compared(verdict=verdict),
        noise=Noise(sd=0.014, degrees=2, spread=0.02),
    )  # fmt: skip


def whole_study():
    confirmations = [confirming(4, START), confirming(5, BEST)]
    return [
        opened(),
        started(baseline(0)), started(baseline(1)), PREPARED,
        point(0, 0, 1.9), point(0, 500), ended(baseline(0), 0.65), ended(baseline(1), 0.67),
        started(candidate(2, 0.3)), started(candidate(3, 0.5)),
        point(2, 0, 1.9), point(2, 120), diverged(candidate(2, 0.3)),
        ended(candidate(3, 0.5), 0.6), judged(1), judged(2, chosen=2.0),
        *map(started, confirmations), *map(ended, confirmations), finished(),
    ]  # fmt: skip


def history(events):
    """What a journal of these events tells."""
    return fold(
        Entry(at=float(at), event=event, offset_after=at + 1) for at, event in enumerate(events)
    )

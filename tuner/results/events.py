"""The events of a run; the journal keeps exactly these records.

Display, journal and MLflow all read the same events, so they cannot contradict each other. What is
only shown, such as every step, is in `progress`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from tuner.results import (
    CombinationResult,
    Comparison,
    Finalist,
    Noise,
    Preference,
    Record,
    RefusedBetter,
    RivalResult,
    Simplification,
    StageResult,
    Trial,
    TrialResult,
    WeightEffect,
)


class StudyOpened(Record):
    """A run of the study began, for the first time or again."""

    event: Literal["study opened"] = "study opened"
    study: str
    uid: str
    spec: Mapping[str, Any]
    provenance: Mapping[str, str]
    trials_most: int


class TrainingPrepared(Record):
    """Photos, networks and device are ready; recorded before the first training of a run.

    Attributes:
        facts: What has to be equal for all trials of a study, such as the digests of photos and
            networks, and further information, such as `device`.
        notices: Sentences on what is wrong or needs a decision. Earlier journals have remarks
            among them.
        remarks: Sentences on what is as it should be, and worth knowing.
    """

    event: Literal["training prepared"] = "training prepared"
    facts: Mapping[str, str]
    notices: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class TrialStarted(Record):
    """A trial has a number and is about to be trained."""

    event: Literal["trial started"] = "trial started"
    trial: Trial


NOT_IN_A_NAME = re.compile(r"[^\w\-./: ]")
"""Characters that MLflow refuses in the name of a curve."""


class CurvePoint(Record):
    """Numbers of one trial at one step, such as `loss/perceptual` and `share/ab`."""

    event: Literal["curve point"] = "curve point"
    number: int
    step: int
    values: Mapping[str, float]


OF_THE_STUDY = -1
"""What stands in place of a trial's number where the whole study is meant."""


class PictureTaken(Record):
    """A picture of one trial at one step, as a file in the study's folder.

    Attributes:
        number: The trial, or `OF_THE_STUDY`.
        path: Relative to the study's folder.
    """

    event: Literal["picture taken"] = "picture taken"
    number: int
    step: int
    name: str
    path: str


AdviceKind = Literal[
    "perceptual-high", "perceptual-low", "ab-small", "golden-rule", "saturation-stuck"
]


class AdviceGiven(Record):
    """A trial's curves make the guide advise another weight; once for each trial and kind.

    Attributes:
        number: The trial.
        sentence: What the curves show and what the guide would change, without a period.
    """

    event: Literal["advice given"] = "advice given"
    number: int
    step: int
    kind: AdviceKind
    sentence: str


class TrialFinished(Record):
    """A trial ended; nothing more is recorded of it."""

    event: Literal["trial finished"] = "trial finished"
    result: TrialResult


class BaselineFinished(Record):
    """The start weights were trained on all their seeds.

    Attributes:
        noise: As measured so far; None where it is not known yet.
    """

    event: Literal["baseline finished"] = "baseline finished"
    noise: Noise | None


class FileMended(Record):
    """A file of the study was damaged; what it held is made again, or left out.

    Attributes:
        sentence: Which file, and what is made again or left out, without a period.
    """

    event: Literal["file mended"] = "file mended"
    sentence: str

    @classmethod
    def of(cls, path: Path, remedy: str) -> FileMended:
        """The event of a file that lies in a folder of the study."""
        return cls(sentence=f"{path.parent.name}/{path.name} was damaged: {remedy}")


class StageFinished(Record):
    """A stage was judged.

    Attributes:
        noise: As measured so far.
    """

    event: Literal["stage finished"] = "stage finished"
    stage: StageResult
    incumbent: Mapping[str, float]
    noise: Noise | None = None


class CombinationFinished(Record):
    """Several weights were moved at once, and judged.

    Attributes:
        noise: As measured so far.
    """

    event: Literal["combination finished"] = "combination finished"
    combination: CombinationResult
    noise: Noise | None = None


class StudyFinished(Record):
    """The study ended: everything is trained and judged.

    Attributes:
        compared: What two sets of weights are called, where nothing was searched and the second
            was compared with the first alone.
        earlier: How often the study had ended before it went on.
        metric: The number that scored it; empty for the score of photos.
        not_needed: Numbers of the trials that were trained ahead, and that nothing asked for.
        refused: Guardrails that refused weights which scored better than the start.
    """

    event: Literal["study finished"] = "study finished"
    earlier: int = 0
    metric: str = ""
    compared: tuple[str, str] | None = None
    best_weights: Mapping[str, float]
    incumbent_weights: Mapping[str, float]
    confirmation: Comparison | None
    noise: Noise | None
    stopped: str = ""
    rivals: tuple[RivalResult, ...] = ()
    warnings: tuple[str, ...] = ()
    simplification: Simplification | None = None
    finalists: tuple[Finalist, ...] = ()
    effects: tuple[WeightEffect, ...] = ()
    not_needed: tuple[int, ...] = ()
    refused: tuple[RefusedBetter, ...] = ()

    def asked_for(self, results: Iterable[TrialResult]) -> list[TrialResult]:
        """The results without those of trials that nothing asked for.

        How many there are depends on idle cores, which must change nothing that is concluded.
        """
        return [result for result in results if result.trial.number not in self.not_needed]


class PreferenceJudged(Record):
    """A person was asked which pictures are the better ones: `tuner judge`."""

    event: Literal["preference judged"] = "preference judged"
    preference: Preference


Event = (
    StudyOpened
    | TrainingPrepared
    | TrialStarted
    | CurvePoint
    | PictureTaken
    | AdviceGiven
    | TrialFinished
    | BaselineFinished
    | StageFinished
    | CombinationFinished
    | StudyFinished
    | FileMended
    | PreferenceJudged
)
Judgement = BaselineFinished | StageFinished | CombinationFinished
"""What the search concludes before its end."""

Listener = Callable[[Event], None]

AnyEvent: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])

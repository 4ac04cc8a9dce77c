"""A small study as its journal tells it: every kind of event, on real pictures."""

import itertools

import numpy as np
from skimage import data
from skimage.transform import resize

from tuner.journal.journal_file import JournalFile
from tuner.journal.pictures import save_squares
from tuner.results import (
    CombinationResult,
    Comparison,
    Noise,
    OtherPhotos,
    Share,
    Simplification,
    StageResult,
    Trial,
    TrialResult,
    WeightEffect,
)
from tuner.results.events import (
    BaselineFinished,
    CombinationFinished,
    CurvePoint,
    PictureTaken,
    StageFinished,
    StudyFinished,
    StudyOpened,
    TrainingPrepared,
    TrialFinished,
    TrialStarted,
)

START = {"perceptual_weight": 1.0, "l_weight": 1.0, "ab_weight": 2.0, "saturation_weight": 0.1}
AFTER_ONE = {**START, "perceptual_weight": 0.3}
BEST = {**AFTER_ONE, "ab_weight": 4.0}
SPEC = {
    "study": "sepia-fix",
    "symptom": "purple or sepia tones",
    "trainer": {"steps": 300, "perceptual_net": "alex"},
    "weights": START,
    "stages": [
        {"vary": "perceptual_weight", "values": [0.3, 0.5], "because": "Reduce perceptual"},
        {"vary": "ab_weight", "values": [3.0, 4.0], "because": "Emphasize chrominance"},
    ],
}


def opened():
    return StudyOpened(
        study="sepia-fix",
        uid="0123456789abcdef",
        spec=SPEC,
        provenance={"torch": "2.13.0", "machine": "a test"},
        trials_most=12,
    )


def compared(before, after, verdict, *, margin=0.05, confidence=0.8, seeds=(0, 1)):
    gain = before - after
    return Comparison(
        before=before, after=after, gain=gain, low=gain - margin, high=gain + margin,
        confidence=confidence, seeds=seeds, verdict=verdict,
    )  # fmt: skip


def stage_one():
    return StageResult(
        number=1, varied="perceptual_weight", because="Reduce perceptual", start=1.0, chosen=0.3,
        best_tried=0.3, tried=((0.3, 1.3), (0.5, None), (1.0, 1.41)),
        comparison=compared(1.41, 1.3, "better"),
    )  # fmt: skip


def stage_two():
    return StageResult(
        number=2, varied="ab_weight", because="Emphasize chrominance", start=2.0, chosen=4.0,
        best_tried=4.0, tried=((2.0, 1.3), (3.0, 1.27), (4.0, 1.19)),
        comparison=compared(1.3, 1.19, "better"),
    )  # fmt: skip


COMBINED = {**BEST, "perceptual_weight": 0.42, "l_weight": 0.6}
NOISE = Noise(sd=0.02, degrees=4, spread=0.05)


def combination(**changes):
    known = {
        "number": 3, "start": BEST, "chosen": COMBINED, "best_tried": COMBINED,
        "tried": ((BEST, 1.19), (COMBINED, 1.1)), "comparison": compared(1.19, 1.1, "better"),
    }  # fmt: skip
    return CombinationResult(**(known | changes))


SIMPLER = Simplification(
    start={**START, "perceptual_weight": 0.42, "ab_weight": 7.0},
    chosen={**START, "ab_weight": 6.0},
    set_back=("perceptual_weight",),
    comparison=compared(1.1, 1.09, "no difference", confidence=0.99, seeds=(0,)),
)
AB = WeightEffect(
    name="ab_weight", start=2.0, value=4.0, tried=(2.0, 8.0), as_good=(3.0, 6.0), matters=True,
    share=Share(value=0.8, low=0.5, high=1.0),
)  # fmt: skip
IDLE = WeightEffect(
    name="saturation_weight", start=0.1, value=0.1, tried=(0.025, 2.0), as_good=(0.1, 1.0),
    matters=False,
)  # fmt: skip


def answered(**changes):
    """The end of a study with everything that stands beside the claim."""
    return finished(**({"simplification": SIMPLER, "effects": (AB, IDLE)} | changes))


def study_with_a_combination():
    """The whole study up to its claim, with a baseline that was judged and a third stage."""
    yield from itertools.takewhile(lambda event: not _confirms(event), whole_study())
    yield BaselineFinished(noise=NOISE)
    both = {"stage": 3, "role": "combination"}
    yield from told(trial(20, {**BEST, "l_weight": 0.3}, **both), 1.2)
    yield from told(trial(21, COMBINED, **both), 1.1)
    yield CombinationFinished(combination=combination(), noise=NOISE)


def _confirms(event):
    return isinstance(event, TrialStarted) and event.trial.role == "confirmation"


def carried(**changes):
    """The usual outcome, with how far it carries to other photos."""
    numbers = {"before": 1.41, "after": 1.18, "gain": 0.23, "low": 0.004, "high": 0.456}
    beyond = OtherPhotos(**(numbers | {"photos": 8, "worse_on": 3} | changes))
    return finished(finished().confirmation.model_copy(update={"other_photos": beyond}))


def finished(confirmation=None, **changes):
    outcome = {
        "best_weights": BEST,
        "incumbent_weights": BEST,
        "confirmation": confirmation
        or compared(1.41, 1.18, "better", margin=0.08, confidence=0.95, seeds=(10, 11, 12, 13, 14)),
        "noise": Noise(sd=0.03, degrees=4, spread=0.05),
    }
    return StudyFinished(**(outcome | changes))


def trial(number, weights=START, role="baseline", **more):
    return Trial(
        number=number, weights=weights, seed=more.pop("seed", 0), steps=300, role=role, **more
    )


def ended(asked, score, status="complete", reason=""):
    measures = {"lpips": 0.123456789, "cast": 3.0} if score is not None else {}
    return TrialFinished(
        result=TrialResult(
            trial=asked, status=status, score=score, reason=reason, measures=measures, seconds=2.5
        )
    )


def told(asked, score, status="complete", reason=""):
    """What is told about one trial, from its start to its end."""
    number = asked.number
    yield TrialStarted(trial=asked)
    yield PictureTaken(number=number, step=0, name="samples", path="pictures/strip.png")
    for step in (100, 200, 300):
        yield CurvePoint(number=number, step=step, values={"loss/total": 1 / step, "share/ab": 0.5})
    yield PictureTaken(number=number, step=300, name="samples", path="pictures/strip.png")
    yield ended(asked, score, status, reason)


def whole_study():
    """Three baselines, two stages (one candidate diverges), the confirmation."""
    yield opened()
    yield TrainingPrepared(
        facts={"photos": "sha256:1234", "training network": "alex, random"},
        notices=("LPIPS measures with a random trunk.",),
    )
    for number, score in enumerate((1.40, 1.43, 1.40)):
        yield from told(trial(number, seed=number), score)
    one = {"stage": 1, "varied": "perceptual_weight", "role": "candidate"}
    yield from told(trial(3, AFTER_ONE, **one), 1.3)
    half = {**START, "perceptual_weight": 0.5}
    yield from told(trial(4, half, **one), None, "diverged", "the loss became NaN at step 150")
    yield StageFinished(stage=stage_one(), incumbent=AFTER_ONE)
    two = {"stage": 2, "varied": "ab_weight"}
    three = {**AFTER_ONE, "ab_weight": 3.0}
    yield from told(trial(5, three, role="candidate", **two), 1.27, "rejected", "color noise")
    yield from told(trial(6, BEST, role="candidate", **two), 1.19)
    yield from told(trial(7, BEST, role="repeat", seed=1, **two), 1.2)
    yield StageFinished(stage=stage_two(), incumbent=BEST)
    yield from told(trial(8, START, "confirmation", seed=10), 1.41)
    yield from told(trial(9, BEST, "confirmation", seed=10), 1.18)
    yield PictureTaken(number=-1, step=0, name="before and after", path="pictures/strip.png")
    yield finished()


def ticking(start=1_700_000_000.0):
    """A clock that goes on by a second with each look."""
    seconds = itertools.count(start)
    return lambda: next(seconds)


def squares(count=4, side=48):
    photos = (data.astronaut(), data.chelsea(), data.coffee(), data.rocket())
    chosen = [photos[i % 4][:, : photos[i % 4].shape[0]] for i in range(count)]
    return np.stack([(resize(p, (side, side)) * 255).astype(np.uint8) for p in chosen])


def faded(photos, share):
    gray = photos.mean(axis=-1, keepdims=True)
    return (share * photos + (1 - share) * gray).astype(np.uint8)


PHOTOS = squares(3, 32)


def record(folder, events, clock=None):
    """Writes a journal, with the picture that its events speak of."""
    save_squares(folder / "pictures" / "strip.png", PHOTOS)
    with JournalFile(folder, clock or ticking()) as journal:
        for event in events:
            journal.append(event)
    return folder

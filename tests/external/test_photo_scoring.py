import numpy as np

from tuner.external.heldout import Heldout
from tuner.external.photo_scoring import PhotoScorer
from tuner.results import Trial
from tuner.results.progress import Activity
from tuner.spec.study import StudySpec

SQUARES = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8)
HELDOUT = Heldout(
    names=("beach", "cat"), photos=(0, 1), squares=SQUARES, originals={}, others=frozenset(),
    folders={}, digest="", summary="", left_out=(), usable=2,
)  # fmt: skip
TRIAL = Trial(weights={"a": 1.0}, seed=1, steps=80, role="candidate", number=7)


def test_scoring_a_script_s_predictions_is_told_when_it_begins_and_when_it_is_over():
    spec = StudySpec(
        study="own",
        trainer={"kind": "command", "run": ["true"], "predictions": "{out}/*.png"},
        data={"holdout": "val", "image_size": 32},
        objective={"lpips": {"trunk": "random"}},
        weights={"a": 1.0},
        stages=[{"vary": "a", "values": [2.0]}],
    )
    told = []
    scorer = PhotoScorer(
        spec, HELDOUT, {}, lambda _: None, lambda *_: None, lambda *_: None, told.append
    )
    assert scorer.evaluation(TRIAL, 10, SQUARES).score < 1e-3
    assert told == [Activity("scoring", done, 1, detail="trial 7") for done in (0, 1)]

import math

import pytest

from tuner.external.failure import TrialFailed
from tuner.external.scoring import MetricScorer, TrialOutput
from tuner.results import Guardrail, Trial
from tuner.spec.objective import ObjectiveSpec

TRIAL = Trial(weights={"a": 1.0}, seed=1, steps=10, role="baseline")
PSNR = Guardrail("psnr", "fall", 0.1)


def judged(numbers):
    scorer = MetricScorer(ObjectiveSpec(metric="lpips"), [PSNR])
    return scorer.judged(TRIAL, TrialOutput(numbers))


def test_a_guarded_number_is_measured_in_its_own_sign_beside_the_score():
    result = judged({"lpips": 0.3, "psnr": 24.0, "loss": 9.0})
    assert (result.score, result.measures) == (0.3, {"lpips": 0.3, "psnr": 24.0})


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"lpips": 0.3, "pnsr": 24.0}, r"no number 'psnr': it reported 'lpips' and 'pnsr' \(did"),
        ({"lpips": 0.3, "psnr": math.nan}, "its 'psnr' ended as nan"),
    ],
)
def test_a_trial_that_does_not_report_a_guarded_number_has_failed(numbers, told):
    with pytest.raises(TrialFailed, match=told):
        judged(numbers)


def test_what_is_odd_about_an_output_is_remarked():
    odd = TrialOutput(last={}, fault="mirrored", not_finite={"loss": 4}, missing_numbers="none")
    assert odd.remarks == ("mirrored", "its 'loss' is NaN or infinite at step 4", "none")
    assert TrialOutput(last={}).remarks == ()

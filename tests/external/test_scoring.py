from tuner.external.scoring import TrialOutput


def test_what_is_odd_about_an_output_is_remarked():
    odd = TrialOutput(last={}, fault="mirrored", not_finite={"loss": 4}, missing_numbers="none")
    assert odd.remarks == ("mirrored", "its 'loss' is NaN or infinite at step 4", "none")
    assert TrialOutput(last={}).remarks == ()

from tuner.checking.noise import check_noise
from tuner.results import Noise


def noise(sd):
    return Noise(sd=sd, degrees=12, spread=sd)


def test_before_any_run_the_noise_is_not_known(plan_of):
    seen = check_noise(None, plan_of())
    assert seen.color == "green"
    assert "the first 3 trials measure" in seen.sentence


def test_noise_that_hides_all_usual_gains_is_amber(plan_of):
    little, much = (check_noise(noise(sd), plan_of()) for sd in (0.01, 0.5))
    assert (little.color, much.color) == ("green", "amber")
    assert "noise of one training: 0.010" in little.sentence
    assert "repeats.confirm" in much.advice

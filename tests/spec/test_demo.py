from tuner.spec.demo import bad_start, describe_demo
from tuner.spec.study_file import load_study


def recorded(name, preset=None, overrides=None):
    return load_study(name, overrides, preset=preset).model_dump(mode="json")


def test_only_a_quick_study_whose_file_says_so_starts_from_bad_weights():
    bad = {"perceptual_weight": 0.1, "l_weight": 20.0, "ab_weight": 0.05}
    assert bad_start(recorded("sepia-fix", "quick")) == bad
    assert bad_start(recorded("sepia-fix")) == {}
    own = {
        "weights.perceptual_weight": 1.0,
        "weights.l_weight": 1.0,
        "weights.ab_weight": 3.0,
    }
    assert bad_start(recorded("sepia-fix", "quick", own)) == {}


def test_the_demo_names_the_start_weights_as_the_bad_ones_and_not_its_result():
    assert describe_demo({"l_weight": 20.0, "ab_weight": 0.05}) == (
        "Demo: deliberately bad start weights (l_weight=20, ab_weight=0.05). Do not use its result."
    )

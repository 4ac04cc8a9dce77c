import pytest
import yaml
from sample_study import (
    BEST,
    COMBINED,
    IDLE,
    SIMPLER,
    SPEC,
    START,
    answered,
    carried,
    compared,
    finished,
    record,
    study_with_a_combination,
    whole_study,
)

from tuner.errors import TunerError
from tuner.journal.history_builder import read_history
from tuner.reporting.export import best_python, best_yaml, digest_of
from tuner.reporting.export_formats import render
from tuner.results import RivalResult


def history_that_ends_with(tmp_path, outcome):
    return read_history(record(tmp_path, [*list(whole_study())[:-1], outcome]))


def test_yaml_holds_the_weights_and_what_they_are_worth(study_folder):
    document = yaml.safe_load(best_yaml(read_history(study_folder), "run-1"))
    assert list(document) == [
        "study", "weights", "improvement", "stages", "combination", "provenance"
    ]  # fmt: skip
    assert document["weights"] == BEST
    assert document["improvement"]["claim"].startswith("Confirmed on 5 fresh seeds")
    assert document["improvement"]["interval"] == [0.15, 0.31]
    assert document["improvement"]["seeds"] == [10, 11, 12, 13, 14]
    assert document["provenance"]["mlflow_run"] == "run-1"
    assert document["provenance"]["seeds"] == [0, 1, 2, 10]


def test_yaml_names_both_intervals_of_the_claim(tmp_path):
    document = yaml.safe_load(best_yaml(history_that_ends_with(tmp_path, carried())))
    assert document["improvement"]["interval"] == [0.15, 0.31]
    assert document["improvement"]["other_photos"] == {
        "score_before": 1.41, "score_after": 1.18, "gain": 0.23, "interval": [0.004, 0.456],
        "photos": 8, "worse_on": 3, "vault": False,
    }  # fmt: skip


def test_yaml_tells_the_combination(tmp_path):
    story = [*study_with_a_combination(), finished(best_weights=COMBINED)]
    document = yaml.safe_load(best_yaml(read_history(record(tmp_path, story))))
    assert document["combination"]["from"] == BEST
    assert document["combination"]["to"] == COMBINED == document["weights"]
    assert (document["combination"]["verdict"], document["combination"]["gain"]) == ("better", 0.09)


def test_yaml_tells_which_values_are_as_good_and_what_each_weight_carries(tmp_path):
    document = yaml.safe_load(best_yaml(history_that_ends_with(tmp_path, answered())))
    assert document["ranges"] == {"ab_weight": [3.0, 6.0], "saturation_weight": [0.025, 2.0]}
    assert document["matters"] == {"ab_weight": True, "saturation_weight": False}
    assert document["shares"] == {"ab_weight": {"share": 0.8, "low": 0.5, "high": 1.0}}
    assert document["simplification"]["to"] == SIMPLER.chosen
    assert document["simplification"]["story"].startswith("Step 3 - Fewest changes: perceptual_")


def test_yaml_says_nothing_of_what_is_not_known(tmp_path):
    same = SIMPLER.model_copy(update={"chosen": SIMPLER.start, "set_back": ()})
    outcome = answered(simplification=same, effects=(IDLE,))
    document = yaml.safe_load(best_yaml(history_that_ends_with(tmp_path, outcome)))
    assert "ranges" in document
    assert not {"shares", "simplification"} & document.keys()


def test_yaml_tells_what_one_would_have_got_otherwise(tmp_path):
    rival = RivalResult(name="vibrant", comparison=compared(1.41, 1.4, "no difference"))
    history = history_that_ends_with(tmp_path, finished(rivals=(rival,)))
    (told,) = yaml.safe_load(best_yaml(history))["compare"]
    assert (told["name"], told["verdict"], told["gain"]) == ("vibrant", "no difference", 0.01)
    assert "against_best" not in told  # as in a journal from before it was kept
    beside = rival.model_copy(update={"against_best": compared(1.18, 1.4, "worse")})
    history = history_that_ends_with(tmp_path / "beside", finished(rivals=(beside,)))
    (told,) = yaml.safe_load(best_yaml(history))["compare"]
    assert (told["against_best"]["verdict"], told["against_best"]["gain"]) == ("worse", -0.22)


def test_provenance_tells_equal_studies_by_their_digest(study_folder):
    history = read_history(study_folder)
    kept = yaml.safe_load(best_yaml(history))["provenance"]
    assert kept["start_weights"] == START
    assert kept["study_digest"] == digest_of(dict(reversed(history.spec.items())))
    assert kept["study_digest"] != digest_of({**history.spec, "seed": 5})


def test_yaml_tells_the_stages(study_folder):
    first = yaml.safe_load(best_yaml(read_history(study_folder)))["stages"][0]
    assert (first["weight"], first["from"], first["to"]) == ("perceptual_weight", 1.0, 0.3)
    assert (first["verdict"], first["gain"]) == ("better", 0.11)


def test_numbers_in_yaml_are_plain(tmp_path):
    outcome = finished(best_weights={"ab_weight": 0.1 + 0.2})
    assert "  ab_weight: 0.3\n" in best_yaml(history_that_ends_with(tmp_path, outcome))


def test_without_a_claim_there_is_no_number_of_improvement(tmp_path):
    outcome = finished(compared(1.4, 1.4, "no difference", seeds=()), best_weights=START)
    improvement = yaml.safe_load(best_yaml(history_that_ends_with(tmp_path, outcome)))[
        "improvement"
    ]
    assert improvement["verdict"] == "no difference"
    assert improvement["seeds"] == []
    numbers = ("score_before", "score_after", "gain", "interval", "confidence")
    assert [improvement[name] for name in numbers] == [None] * 5


def test_an_interval_that_is_not_known_is_null(tmp_path):
    one_seed = finished().confirmation.model_copy(update={"low": None, "high": None})
    document = yaml.safe_load(best_yaml(history_that_ends_with(tmp_path, finished(one_seed))))
    assert document["improvement"]["interval"] is None


def test_a_stage_without_comparison_is_no_difference(tmp_path):
    events = list(whole_study())
    at = next(i for i, event in enumerate(events) if event.event == "stage finished")
    stage = events[at].stage.model_copy(update={"comparison": None, "chosen": 1.0})
    events[at] = events[at].model_copy(update={"stage": stage})
    document = yaml.safe_load(best_yaml(read_history(record(tmp_path, events))))
    assert document["stages"][0]["verdict"] == "no difference"


def test_python_is_the_call_that_the_guide_shows(study_folder):
    text = best_python(read_history(study_folder))
    taken = {}
    exec(text, {"ColorizationLossEnhanced": lambda **k: taken.update(k), "DEVICE": "cuda"})
    assert taken == {**BEST, "perceptual_net": "alex", "device": "cuda"}
    assert "    ab_weight=4.0,           # Was 2.0\n" in text
    assert "    l_weight=1.0,\n" in text
    assert text.startswith("# sepia-fix: Confirmed on 5 fresh seeds: ")


def test_both_formats_can_be_asked_for_by_name(study_folder):
    history = read_history(study_folder)
    assert render(history, "yaml") == best_yaml(history)
    assert render(history, "python") == best_python(history)


@pytest.mark.parametrize("export", [best_yaml, best_python])
def test_weights_of_the_demo_say_so_wherever_they_are_pasted(tmp_path, export):
    spec = {**SPEC, "preset": "quick", "quick": {"weights.ab_weight": START["ab_weight"]}}
    first, *events = whole_study()
    history = read_history(record(tmp_path, [first.model_copy(update={"spec": spec}), *events]))
    assert export(history).startswith("# Demo: deliberately bad start weights. Do not use its")


@pytest.mark.parametrize("export", [best_yaml, best_python])
def test_a_study_without_a_result_says_what_to_run(tmp_path, export):
    history = read_history(record(tmp_path, list(whole_study())[:-1]))
    with pytest.raises(TunerError, match=r"no result yet \(10 trials .*the command that began it"):
        export(history)


def test_python_of_an_own_loss_is_a_dict(tmp_path):
    opened, *rest = whole_study()
    own = {**opened.spec, "trainer": {"kind": "builtin", "loss": "mine:Loss"}}
    history = read_history(record(tmp_path, [opened.model_copy(update={"spec": own}), *rest]))
    taken = {}
    exec(best_python(history), taken)
    assert taken["weights"] == BEST

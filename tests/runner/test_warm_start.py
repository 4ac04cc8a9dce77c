"""A study begins with what another one learned."""

from math import log

import pytest
import yaml

from tuner.errors import StudyNotFound, TrainerError, TunerError
from tuner.journal.history_builder import read_history
from tuner.reporting.export import best_yaml
from tuner.reporting.session import session_of
from tuner.runner.run import run_study
from tuner.search.result_cache import ResultCache
from tuner.spec.plan import make_plan
from tuner.spec.study import LearnedSpec, StudySpec


def study(study, name="ab", **parts):
    wanted = {
        "stages": [{"vary": name, "values": [1, 4]}],
        "repeats": {"baseline": 2, "decide": 2, "confirm": 2},
        "combination": 2,
    }
    return StudySpec(study=study, weights={name: 2.0, "l": 1.0}, **(wanted | parts))


def scores(trials, level=0.0):
    return [log(t.weights["ab"] / 4) ** 2 + t.seed / 100 + level for t in trials]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    run_study(study("first"), lambda trials: scores(trials, level=3.0), folder)
    return folder


def test_the_trainings_of_the_other_study_are_recorded_and_told(home):
    said = []
    run_study(study("second", warm_start="first"), scores, home, say=said.append)
    history = read_history(home / "tuner-runs" / "second")
    first = read_history(home / "tuner-runs" / "first")
    learned = history.spec["learned"]
    assert (learned["study"], learned["uid"]) == ("first", first.opened.uid)
    assert len(learned["results"]) == len(first.results)
    told = f"The surface begins with {len(first.results)} trainings of 'first'"
    assert any(one.startswith(told) for one in said)
    assert any(step.text.startswith(told) for step in session_of(history))
    assert yaml.safe_load(best_yaml(history))["provenance"]["warm_start"].startswith("first (")
    assert all(result.score < 3 for result in history.results.values())
    again = run_study(study("second", warm_start="first"), scores, home)
    assert again.confirmation == history.finished.confirmation


def test_the_surface_has_them_and_the_noise_has_not(home):
    run_study(study("third", warm_start="first"), scores, home)
    history = read_history(home / "tuner-runs" / "third")
    spec = StudySpec.model_validate(history.spec)
    warm, cold = (
        ResultCache(make_plan(one), lambda _: [], history.results.values())
        for one in (spec, spec.model_copy(update={"learned": None}))
    )
    prior = len(spec.learned.results)
    assert len(warm.surface().points) == len(cold.surface().points) + prior
    assert warm.noise() == cold.noise()


def test_the_level_of_the_other_study_changes_nothing(home):
    run_study(study("fourth", warm_start="first"), scores, home)
    history = read_history(home / "tuner-runs" / "fourth")
    spec = StudySpec.model_validate(history.spec)

    def heights(level):
        moved = [
            one.model_copy(update={"score": one.score + level}) for one in spec.learned.results
        ]
        learned = LearnedSpec(**{**dict(spec.learned), "results": tuple(moved)})
        plan = make_plan(spec.model_copy(update={"learned": learned}))
        surface = ResultCache(plan, lambda _: [], history.results.values()).surface()
        return surface.heights(surface.points)

    assert heights(1000.0) == pytest.approx(heights(0.0), abs=1e-6)


def test_a_study_that_found_the_contrary_is_left_out(home):
    run_study(study("contrary"), lambda trials: [-one for one in scores(trials)], home)
    run_study(study("seventh", warm_start="contrary"), scores, home)
    history = read_history(home / "tuner-runs" / "seventh")
    plan = make_plan(StudySpec.model_validate(history.spec))
    surface = ResultCache(plan, lambda _: [], history.results.values()).surface()
    whole = [one for one in history.results.values() if one.status == "complete"]
    assert len(surface.points) == len(whole)


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ({"warm_start": "none"}, StudyNotFound, "nothing is recorded of a study 'none'"),
        (
            {"warm_start": "first", "objective": {"lpips": {"importance": 2.0}}},
            TunerError,
            "was scored otherwise \\(objective.lpips.importance: 1.0 -> 2.0",
        ),
        (
            {"warm_start": "first", "vary": "gan"},
            TunerError,
            "has no weight 'gan'; it has 'ab' and 'l'",
        ),
    ],
)
def test_what_cannot_be_begun_with_says_why(home, parts, error, told):
    name = parts.get("vary", "ab")
    asked = {key: value for key, value in parts.items() if key != "vary"}
    spec = study("fifth", name=name, **asked)
    with pytest.raises(error, match=told):
        run_study(spec, scores, home)


def test_a_study_in_memory_has_no_other_study_beside_it():
    with pytest.raises(TrainerError, match="needs a directory"):
        run_study(study("sixth", warm_start="first"), scores)

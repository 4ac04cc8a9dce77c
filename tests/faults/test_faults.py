import pytest
from faults.cases import SAMPLE, all_cases
from faults.harness import Harness


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    return Harness.of(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_study_that_was_broken_goes_on_and_equals_one_that_was_not(harness, name):
    [case] = [one for one in all_cases() if one.name == name]
    seen = harness.attempt(case)
    assert seen.differences == ()
    assert ("refused" if seen.refused else "said" if seen.said else "") == SAMPLE[name], seen


def test_the_long_form_has_at_least_sixty_cases_and_none_twice():
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names) >= 60

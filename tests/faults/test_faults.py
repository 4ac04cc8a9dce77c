import pytest
from faults.cases import all_cases, sample
from faults.harness import Harness


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    return Harness.of(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("case", sample(), ids=lambda case: case.name)
def test_a_study_that_was_broken_goes_on_and_equals_one_that_was_not(harness, case):
    assert harness.attempt(case).differences == ()


def test_the_long_form_has_at_least_sixty_cases_and_none_twice():
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names) >= 60

import pytest
from small_training import CPU, WEIGHTS, spec_of, trial

from tuner.training.batched_loss import BatchedLossGroup
from tuner.training.cuda_graph import GraphedGroup
from tuner.training.groups import SingleLearner, folded, graphed, one_by_one, stacked
from tuner.training.learner import Learner


@pytest.fixture
def learner_of(photos):
    return lambda asked: Learner(asked, spec_of(photos).trainer, CPU, None)


@pytest.fixture(params=[folded, stacked])
def grouped(request):
    return request.param


def numbers(groups):
    return sorted(sorted(one.trial.number for one in group.learners) for group in groups)


def test_in_the_loop_each_is_alone(learner_of):
    groups = one_by_one([learner_of(trial(number)) for number in range(3)], 2)
    assert numbers(groups) == [[0], [1], [2]]
    assert {type(group) for group in groups} == {SingleLearner}


def test_trials_of_equal_length_and_step_are_grouped(learner_of, grouped):
    learners = [
        learner_of(one)
        for one in (
            trial(0), trial(1), trial(2, seed=2), trial(3, seed=2), trial(4, steps=9), trial(5)
        )
    ]  # fmt: skip
    learners[-1].done = 2
    groups = grouped(learners, 1)
    assert numbers(groups) == [[0, 1, 2, 3], [4], [5]]
    assert [type(group) for group in groups] == [BatchedLossGroup, SingleLearner, SingleLearner]


def test_the_steps_of_one_network_are_recorded_too(learner_of, graphs_replayed_by_hand):
    learners = [learner_of(one) for one in (trial(0), trial(1), trial(2, steps=9))]
    rival = learner_of(trial(3).model_copy(update={"rival": "rlw", "role": "rival"}))
    groups = graphed([*learners, rival], 1)
    assert numbers(groups) == [[0, 1], [2], [3]]
    assert [type(group) for group in groups] == [SingleLearner, GraphedGroup, GraphedGroup]


def test_a_loss_of_another_kind_is_computed_alone(learner_of, grouped):
    rival = trial(2).model_copy(update={"rival": "rlw", "role": "rival"})
    idle = trial(3, **dict.fromkeys(WEIGHTS, 0.0))
    groups = grouped([learner_of(one) for one in (trial(0), rival, trial(1), idle)], 1)
    assert numbers(groups) == [[0, 1], [2], [3]]


def test_a_group_in_which_all_ended_has_no_learners(learner_of):
    learner = learner_of(trial(0))
    group = SingleLearner(learner)
    assert group.learners == [learner]
    learner.problem = "the loss became nan"
    assert group.learners == []


@pytest.mark.parametrize(("number", "threads"), [(5, 2), (2, 4), (9, 3), (1, 2)])
def test_every_thread_has_a_fair_share(learner_of, grouped, number, threads):
    groups = grouped([learner_of(trial(index)) for index in range(number)], threads)
    shares = [len(group.learners) for group in groups]
    assert sum(shares) == number
    assert len(shares) == min(number, threads)
    assert max(shares) - min(shares) <= 1

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.color.photo_scores import photo_scores
from tuner.color.score import Scorer
from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec

VALUES = torch.tensor([1.0, 2.0, 4.0, 9.0], dtype=torch.float64)


def mean_of(some):
    return VALUES[some].mean().item()


def test_of_a_mean_they_are_the_photos_own_values():
    assert photo_scores(mean_of, [0, 1, 2, 3]) == pytest.approx([1, 2, 4, 9])


def test_a_photo_of_three_squares_counts_as_one_photo():
    # The set's mean is 4. The second photo's mean is 5, with three of four squares behind it.
    assert photo_scores(mean_of, [0, 1, 1, 1]) == pytest.approx([2.5, 5.5])


def test_one_photo_alone_has_none():
    assert photo_scores(mean_of, [0, 0, 0, 0]) == ()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0.1, 10)), min_size=5, max_size=30).filter(
        lambda squares: {photo for photo, _ in squares} == {*range(5)}
    )
)
def test_their_mean_is_the_score_also_where_it_is_no_mean(squares):
    photos, values = zip(*squares, strict=True)

    def score_of(some):
        return torch.tensor(values)[some].double().pow(2).mean().sqrt().item()

    found = photo_scores(score_of, photos)
    assert np.mean(found) == pytest.approx(score_of(torch.arange(len(values))))


def test_scatter_of_the_score_over_resampled_photos_is_theirs(photos, squeeze, distorted):
    """An independent reference: the bootstrap over photos, gray photos resampled with them."""
    some = list(range(0, 72, 3))
    scorer = Scorer(photos[some], ObjectiveSpec(), GuardrailsSpec(), squeeze)
    found = scorer.score(distorted["hedged"][some])
    ours = scorer.by_photo(found.reading, range(len(some)))
    assert np.mean(ours) == pytest.approx(found.value)
    random = np.random.default_rng(1)
    again = []
    for _ in range(300):
        chosen = torch.from_numpy(random.integers(0, len(some), len(some)))
        gray = scorer.score_of(scorer.gray_reading.part(chosen), scorer.gray_reading.part(chosen))
        assert gray == pytest.approx(2)
        again.append(scorer.score_of(found.reading.part(chosen), scorer.gray_reading.part(chosen)))
    assert np.std(ours) / np.sqrt(len(some)) == pytest.approx(np.std(again), rel=0.2)

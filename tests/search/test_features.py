import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.search.features import Features
from tuner.search.kernel import KernelParts


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 99), dimensions=st.integers(1, 5), reach=st.sampled_from([0.01, 1.0, 6.0])
)
def test_products_of_features_are_the_kernel(seed, dimensions, reach):
    random = np.random.default_rng(seed)
    points = random.uniform(-reach, reach, (12, dimensions))
    matters = random.uniform(0.01, 2.0, dimensions)
    features = Features.around(points)
    mine = features.of(points) * features.scales(matters)
    kernel = KernelParts(points, points).covariance(matters)
    assert mine @ mine.T == pytest.approx(kernel, abs=1e-9 * max(1.0, kernel.max()))
    assert mine.shape == (12, features.count)


def test_the_start_has_no_features():
    features = Features.around(np.ones((1, 2)))
    assert not features.of(np.zeros((1, 2))).any()

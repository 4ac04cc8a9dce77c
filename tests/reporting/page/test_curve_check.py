import pytest

from tuner.reporting.page.curve_check import contradicts

FLAT = [(value, 1.0, 0.9, 1.1) for value in (0.1, 1.0, 10.0)]
FALLING = [(0.1, 1.2, 1.1, 1.3), (1.0, 1.0, 1.0, 1.0), (10.0, 0.8, 0.7, 0.9)]


@pytest.mark.parametrize(
    ("curve", "means"),
    [
        (FLAT, [(0.1, 0.95), (1.0, 1.0), (10.0, 1.05)]),
        (FLAT, [(0.1, 0.7), (1.0, 1.0), (10.0, 1.05)]),  # one of two lies beside it
        (FLAT, [(1.0, 1.0), (10.0, 1.3)]),  # a single value may be luck
        (FALLING, [(0.1, 1.15), (1.0, 1.0), (10.0, 0.85)]),
        ([], [(0.1, 9.0), (1.0, 1.0), (10.0, 9.0)]),
        (FLAT, [(1.0, 1.0)]),
    ],
)
def test_a_curve_among_the_values_is_drawn(curve, means):
    assert not contradicts(curve, means, start=1.0)


@pytest.mark.parametrize(
    ("curve", "means"),
    [
        (FLAT, [(0.1, 1.2), (1.0, 1.0), (10.0, 1.2)]),  # it lies below them
        (FLAT, [(0.1, 0.8), (1.0, 1.0), (10.0, 0.8)]),
        (FALLING, [(1.0, 1.0), (10.0, 1.2)]),  # it falls where they rise
    ],
)
def test_a_curve_beside_the_values_or_against_their_slope_is_left_out(curve, means):
    assert contradicts(curve, means, start=1.0)


def test_between_two_points_of_the_curve_its_line_counts():
    steep = [(0.0, 0.0, -0.1, 0.1), (2.0, 2.0, 1.9, 2.1)]
    assert not contradicts(steep, [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)], start=0.0)
    assert contradicts(steep, [(0.0, 0.0), (0.5, 0.2), (1.0, 0.2)], start=0.0)

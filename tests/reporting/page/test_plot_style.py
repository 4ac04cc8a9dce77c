from math import log10

from hypothesis import given
from hypothesis import strategies as st

from tuner.reporting.page.plot_style import TICKS_AT_MOST, faded, log_axis, span

VALUES = st.lists(st.floats(1e-6, 1e6), min_size=1)


def test_a_logarithmic_axis_writes_its_ticks_out():
    assert log_axis("x", [0.2, 5.0])["ticktext"][1:6] == ["0.2", "0.5", "1", "2", "5"]
    assert log_axis("x", [0.02, 5.0])["ticktext"][2:6] == ["0.1", "0.3", "1", "3"]


@given(VALUES)
def test_everything_lies_on_the_axis(values):
    low, high = log_axis("x", values)["range"]
    assert low < log10(min(values)) <= log10(max(values)) < high
    low, high = span(values)
    assert low < min(values) <= max(values) < high


@given(st.lists(st.floats(0.01, 100), min_size=2))
def test_ticks_leave_each_other_room(values):
    assert 0 < len(log_axis("x", values)["tickvals"]) <= TICKS_AT_MOST


def test_a_faded_color_is_the_same_color():
    assert faded("#3b82c4", 0.5) == "rgba(59, 130, 196, 0.5)"

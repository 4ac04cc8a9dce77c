"""The plot of the values that are as good."""

from sample_study import AB, IDLE

from tuner.reporting.page.range_figure import drawable, range_figure


def test_each_weight_is_a_row_in_multiples_of_its_start():
    drawn = range_figure((AB, IDLE))
    assert [list(trace.x) for trace in drawn.data] == [
        [1.0, 4.0], [1.5, 3.0], [1.0], [2.0],
        [0.25, 20.0], [0.25, 20.0], [1.0], [1.0],
    ]  # fmt: skip
    assert [trace.y[0] for trace in drawn.data] == [0] * 4 + [1] * 4
    assert [note.text for note in drawn.layout.annotations] == ["ab_weight", "saturation_weight"]


def test_a_weight_that_begins_at_zero_has_no_multiples():
    off = IDLE.model_copy(update={"start": 0.0, "value": 0.0})
    gone = IDLE.model_copy(update={"tried": (0.0, 2.0)})
    assert drawable((AB, off, gone, IDLE)) == (AB, IDLE)

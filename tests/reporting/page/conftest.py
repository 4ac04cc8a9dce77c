"""Histories of studies, from events and without a disk."""

import pytest
from sample_study import whole_study

from tuner.journal.history_builder import fold
from tuner.journal.journal_file import Entry


def told(events):
    return fold(Entry(event, 1_700_000_000.0 + at, 0) for at, event in enumerate(events))


@pytest.fixture
def history_of():
    return told


@pytest.fixture
def history():
    """The sample study, finished."""
    return told(whole_study())


@pytest.fixture
def unfinished():
    """The sample study before its end."""
    return told(list(whole_study())[:-1])

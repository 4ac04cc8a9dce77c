import pytest


@pytest.fixture(autouse=True, scope="session")
def trains_on_one_core(one_core):
    """Every test of this folder."""


@pytest.fixture
def graphs_replayed_by_hand(monkeypatch):
    """A door to graphs that needs no GPU: it does the work anew each time it is to be replayed.

    It holds the rules of a recording: nothing in the work waits for the device.
    """
    from contextlib import contextmanager

    class ByHand:
        recorded = 0
        set_aside = 0

        def __init__(self, device):
            self.device = device

        @contextmanager
        def aside(self):
            ByHand.set_aside += 1
            yield

        def record(self, work):
            ByHand.recorded += 1
            return work

    monkeypatch.setattr("tuner.training.groups.CudaRecorder", ByHand)
    return ByHand

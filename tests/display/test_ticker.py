from tuner.display.ticker import TICK, Ticker


def test_it_calls_until_it_is_over():
    waited, called = [], []

    def wait(seconds):
        waited.append(seconds)
        return len(waited) > 2

    Ticker(lambda: called.append(1), wait).run()
    assert (waited, called) == ([TICK] * 3, [1, 1])


def test_it_ends_when_it_is_stopped():
    ticker = Ticker(lambda: None)
    ticker.stop()
    ticker.run()

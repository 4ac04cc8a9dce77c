import http.client
import io
import json
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from tuner.errors import StorageError
from tuner.preference.page import JudgePage
from tuner.preference.server import open_server


@pytest.fixture
def served(judged):
    """The page on a port of its own: asks it for something, and gets status and content."""
    study = judged.load()
    page = JudgePage(study.pictures, study.sitting(0), study.keep, lambda _sitting: ("done",))
    with open_server(page, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def ask(method, path, body=None, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            headers = {"Content-Type": "application/json", **headers}
            told = {name: value for name, value in headers.items() if value is not None}
            connection.request(method, path, body, told)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, content

        ask.page, ask.port = page, server.server_port
        yield ask
        server.shutdown()


def test_the_pictures_are_those_of_the_question(served):
    asked = served.page.sitting.questions[3]
    best = 150 + 10 * (asked.seed - 10) + asked.photo
    shown = {}
    for side in ("left", "right", "gray"):
        status, content = served("GET", f"/picture/3/{side}.png")
        assert status == 200
        shown[side] = int(np.asarray(Image.open(io.BytesIO(content)))[0, 0, 0])
    sides = (best, best - 100) if asked.best_is_left else (best - 100, best)
    assert (shown["left"], shown["right"], shown["gray"]) == (*sides, asked.photo)


def test_answers_are_taken_until_the_end_and_nothing_tells_the_sides(served):
    status, content = served("POST", "/answer", json.dumps({"number": 0, "answer": "same"}))
    assert status == 200
    assert json.loads(content) == {
        "number": 1, "fewest": 20, "most": 24, "over": False, "sentences": []
    }  # fmt: skip
    assert json.loads(served("POST", "/back", "{}")[1])["number"] == 0
    for number in range(24):
        served("POST", "/answer", json.dumps({"number": number, "answer": "same"}))
    state = json.loads(served("GET", "/state")[1])
    assert (state["over"], state["sentences"]) == (True, ["done"])
    assert served.page.over.is_set()


@pytest.mark.parametrize(
    ("asked", "headers", "status"),
    [
        (("GET", "/state"), {"Host": "evil.example"}, 403),
        (("POST", "/finish", "{}"), {"Content-Type": "text/plain"}, 403),
        (("POST", "/finish", "{}"), {"Content-Type": None}, 403),
        (("POST", "/answer", '{"number": 0, "answer": "best"}'), {}, 400),
        (("POST", "/answer", "{"), {}, 400),
        (("POST", "/answer", "[" * 2000), {}, 400),
        (("GET", "/picture/99/left.png"), {}, 404),
        (("GET", "/../journal.jsonl"), {}, 404),
    ],
)
def test_what_is_not_from_the_page_is_refused(served, asked, headers, status):
    assert served(*asked, **headers)[0] == status
    assert served.page.sitting.answers == []


def test_what_a_request_cannot_do_ends_the_page_with_the_reason(served, judged, capfd):
    (judged.folder / "judge-0.csv").mkdir()  # a file that cannot be written
    with pytest.raises(http.client.RemoteDisconnected):
        served("POST", "/answer", json.dumps({"number": 0, "answer": "same"}))
    assert served.page.over.wait(10)
    assert isinstance(served.page.failure, StorageError)
    assert capfd.readouterr().err == ""


def test_a_browser_that_goes_away_is_no_failure(served, monkeypatch, capfd):
    def gone(_page):
        raise ConnectionResetError

    monkeypatch.setattr(JudgePage, "state", gone)
    with pytest.raises(http.client.RemoteDisconnected):
        served("GET", "/state")
    assert served.page.failure is None
    assert capfd.readouterr().err == ""


def test_a_port_that_is_taken_is_named(served):
    with pytest.raises(StorageError, match=rf"--port {served.port}: cannot be used"):
        open_server(served.page, served.port)

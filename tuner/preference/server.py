"""The page on which a person answers, served on the loopback interface of this machine only."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tuner.errors import StorageError
from tuner.errors.threads import Thread
from tuner.preference.page import JudgePage

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
"""Names under which the page is asked for; another one is a page elsewhere that was redirected."""

LARGEST_BODY = 1000
"""Bytes of a request; an answer has fifty."""

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'"
)
PICTURE = re.compile(r"/picture/(\d{1,3})/(left|right|gray)\.png")


class JudgeServer(ThreadingHTTPServer):
    """Serves one page, which ends with what a request could not do."""

    def __init__(self, page: JudgePage, port: int) -> None:
        super().__init__((HOST, port), partial(Handler, page))
        self._page = page

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers a request in a thread of its own.

        Raises:
            MemoryError: There is no memory for it, which `handle_error` hands on.
        """
        Thread(self.process_request_thread, (request, client_address), "request").start()

    def handle_error(self, *_: object) -> None:
        """Hands an exception of a request to the command; a browser that went away is none."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self._page.fail(error)


def open_server(page: JudgePage, port: int) -> JudgeServer:
    """A server of the page on a port; 0 takes any that is free.

    Raises:
        StorageError: The port is taken.
    """
    try:
        return JudgeServer(page, port)
    except OSError as error:
        raise StorageError(
            f"--port {port}: cannot be used ({error.strerror}); choose another one"
        ) from error


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def __init__(self, page: JudgePage, *connection: Any) -> None:
        self._page = page
        super().__init__(*connection)

    def do_GET(self) -> None:
        """The page, its state, or a picture."""
        asked = PICTURE.fullmatch(self.path)
        if not self._is_ours():
            return
        if self.path == "/":
            content = Path(__file__).with_name("page.html").read_bytes()
            self._send(content, "text/html; charset=utf-8")
        elif self.path == "/state":
            self._send_state()
        elif asked and (png := self._page.picture(int(asked[1]), asked[2])):
            self._send(png, "image/png")
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """An answer, or another wish."""
        if not self._is_ours():
            return
        if self._page.act(self.path, self._body()):
            self._send_state()
        else:
            self.send_error(HTTPStatus.BAD_REQUEST)

    def _is_ours(self) -> bool:
        """Refuses what another site sends: another host, plain text, or a body without a type."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        asks = self.command == "GET"
        if host in NAMES and (asks or self.headers.get("Content-Type") == "application/json"):
            return True
        self.send_error(HTTPStatus.FORBIDDEN)
        return False

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return {}
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _send_state(self) -> None:
        state = self._page.state()
        self._send(json.dumps(state).encode(), "application/json")
        if state["over"]:
            self._page.over.set()

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing on the terminal."""

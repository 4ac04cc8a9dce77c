"""Servers in MLflow's place that answer wrongly, each in one way."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

HTML = b"<html><body>Welcome to the proxy</body></html>"
SECRET = "hush-hush"


def _http(status: str, body: bytes = b"", kind: str = "application/json", **headers: str) -> bytes:
    told = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (told | headers).items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def _says(answer: bytes) -> Callable[[socket.socket, Event], None]:
    return lambda connection, _over: connection.sendall(answer)


def _hangs(_connection: socket.socket, over: Event) -> None:
    over.wait()


def _resets(connection: socket.socket, _over: Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _drips(connection: socket.socket, over: Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.2):
        connection.sendall(b" ")


WAYS: dict[str, Callable[[socket.socket, Event], None] | None] = {
    "refuses connections": None,
    "resets connections": _resets,
    "hangs": _hangs,
    "sends one byte now and then": _drips,
    "500": _says(_http("500 Internal Server Error")),
    "503": _says(_http("503 Service Unavailable")),
    "404": _says(_http("404 Not Found", HTML, "text/html")),
    "401": _says(_http("401 Unauthorized", b"You are not authenticated")),
    "403": _says(_http("403 Forbidden", HTML, "text/html")),
    "429": _says(_http("429 Too Many Requests", Retry_After="1")),
    "redirects to itself": _says(_http("302 Found", Location="/api/2.0/mlflow/again")),
    "200 with nothing": _says(_http("200 OK")),
    "200 with a page": _says(_http("200 OK", HTML, "text/html")),
    "200 with a list": _says(_http("200 OK", b"[]")),
    "200 with another object": _says(_http("200 OK", b'{"experiment": {"experiment_id": []}}')),
    "200, cut off": _says(_http("200 OK", b'{"experiment": {', Content_Length="4000")),
    "no HTTP": _says(b"220 mail.example.com ESMTP\r\n"),
}
"""By what it does; None listens nowhere."""


@contextmanager
def answering(way: str) -> Iterator[str]:
    """The address of a server that answers in this way."""
    over = Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://someone:{SECRET}@127.0.0.1:{listening.getsockname()[1]}"
        answer = WAYS[way]
        if answer is None:
            yield address
            return
        listening.listen()
        Thread(target=_serve, args=(listening, answer, over), daemon=True).start()
        try:
            yield address
        finally:
            over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, answer: Callable, over: Event) -> None:
    while not over.is_set():
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        Thread(target=_answer_one, args=(connection, answer, over), daemon=True).start()


def _answer_one(connection: socket.socket, answer: Callable, over: Event) -> None:
    with connection, suppress(OSError):
        connection.settimeout(5)
        connection.recv(65536)
        answer(connection, over)
        with suppress(OSError):
            time.sleep(0.01)

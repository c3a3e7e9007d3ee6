"""A container's health check asks where the service listens, and understands who else may answer there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from deploy.processes import address
from deploy.ready import failing


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Something that listens on this machine, and says this to everybody."""

    class Answer(BaseHTTPRequestHandler):
        said: ClassVar = body

        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(self.said)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield address("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


def greet(stranger: socket.socket) -> None:
    """Let one in, and speak of mail."""
    connection, _ = stranger.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"220 mail.example ESMTP\r\n")


def test_what_is_ready_fails_nothing() -> None:
    with answering(200, b"{}") as url:
        assert failing(url) is None


def test_a_service_says_what_failed() -> None:
    with answering(503, b'{"status": "not ready", "failed": {"keys": "gone"}}') as url:
        assert failing(url) == "not ready: {'keys': 'gone'}"


@pytest.mark.parametrize("body", [b"<h1>Bad Gateway</h1>", b"[]", b"{}", b"7", b"\xff"])
def test_who_is_no_baton_is_told_apart(body: bytes) -> None:
    with answering(502, body) as url:
        said = failing(url)
    assert said is not None
    assert said.startswith(f"not ready: what answers at {url}/readyz is no service of Baton (HTTP 502)")
    assert "BATON_PORT" in said


def test_who_speaks_no_http_is_told_apart_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        url = address("127.0.0.1", stranger.getsockname()[1])
        thread = Thread(target=greet, args=[stranger])
        thread.start()
        said = failing(url)
        thread.join()
    assert said is not None
    assert said.startswith(f"not ready: what answers at {url}/readyz is no service of Baton (BadStatusLine")
    assert "BATON_PORT" in said


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.2", "http://127.0.0.2:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("fd00::7", "http://[fd00::7]:8000"),
    ],
)
def test_it_is_asked_where_it_listens(host: str, url: str) -> None:
    assert address(host, 8000) == url

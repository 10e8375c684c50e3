# SPDX-License-Identifier: Apache-2.0
"""Clients that open many connections, or ask slowly, keep nobody from being answered."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from workers.http import HttpServer, connections
from workers.http.server import plain

LINE = b"GET /live HTTP/1.1\r\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """A server of short patience and few connections."""
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 20)
    with closing(HttpServer({"/live": lambda: plain(200, "yes")}, name="test")) as made:
        yield made


def answer(server: HttpServer) -> bytes:
    """What a client in order gets."""
    with urllib.request.urlopen(f"{server.address}/live", timeout=20) as said:
        return bytes(said.read())


def test_many_silent_connections_leave_room(server: HttpServer) -> None:
    """Those that wait longest go; who asks is answered."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", server.port))))
            for _ in range(60)
        ]
        assert answer(server) == b"yes\n"
        assert sum(not is_closed(client) for client in clients) < 21


def test_who_was_answered_last_is_not_the_first_to_go(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that keeps its connection, and asks by it, outlives those that came later and said nothing."""
    monkeypatch.setattr(connections, "PATIENCE", 20)
    with (
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as first,
        ExitStack() as stack,
    ):
        first.connect()
        for _ in range(19):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", server.port))))
        time.sleep(0.2)  # the server knows them all
        for _ in range(2):
            first.request("GET", "/live")
            assert first.getresponse().read() == b"yes\n"
            assert answer(server) == b"yes\n"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        LINE,
        LINE + b"host: localhost:1\r\n",
        b"POST /live HTTP/1.1\r\nhost: localhost:1\r\ncontent-length: 99\r\n\r\nab",
        LINE + b"host: localhost:1\r\n\r\n" + LINE,
    ],
    ids=["nothing", "a line", "a header", "half a body", "half of a second one"],
)
def test_who_does_not_finish_a_request_is_let_go(server: HttpServer, said: bytes) -> None:
    """A byte now and then is no request: the connection ends within twice the patience."""
    with closing(socket.create_connection(("127.0.0.1", server.port))) as client:
        client.settimeout(20)
        client.sendall(said)
        assert ends_within(client, 15)
    assert answer(server) == b"yes\n"


def ends_within(client: socket.socket, seconds: float) -> bool:
    """Whether the server closes the connection of a client that says a byte now and then."""
    client.settimeout(0.1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            client.sendall(b"x")
            if client.recv(1 << 16) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def is_closed(client: socket.socket) -> bool:
    """Whether the server let it go."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True

# SPDX-License-Identifier: Apache-2.0
"""The one small HTTP server: its paths, its errors, its end."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from workers.errors import WorkerError
from workers.http import HttpServer, Response


def fail() -> Response:
    """A path of ours with a fault."""
    raise ValueError("a bug")


ROUTES = {"/a": lambda: Response(b"alpha", "text/plain", headers=(("X-One", "1"),)), "/broken": fail}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """One with two paths."""
    with closing(HttpServer(ROUTES, name="test")) as server:
        yield server


def ask(server: HttpServer, path: str, method: str = "GET", host: str = "") -> tuple[int, bytes, str]:
    """Status, body and length that is told."""
    request = urllib.request.Request(server.address + path, method=method)
    if host:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read(), answer.headers["Content-Length"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b"", ""


def test_a_path_is_answered_and_its_head_told(server: HttpServer) -> None:
    """HEAD says what GET would, without the body."""
    assert ask(server, "/a") == (200, b"alpha", "5")
    assert ask(server, "/a", "HEAD") == (200, b"", "5")


def test_other_paths_names_and_methods_are_refused(server: HttpServer) -> None:
    """Another site's page may point a name of its own at this machine."""
    told = [ask(server, "/b"), ask(server, "/a", host="evil.example:80"), ask(server, "/a", "POST")]
    assert [status for status, *_ in told] == [404, 403, 501]


def test_a_fault_of_ours_is_an_answer_and_the_server_goes_on(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It stands in the log with its path."""
    assert ask(server, "/broken")[0] == 500
    assert "/broken could not be answered" in caplog.text
    assert ask(server, "/a")[0] == 200


def test_a_taken_port_is_an_error_that_says_what_to_do(server: HttpServer) -> None:
    """With what is served, and where."""
    with pytest.raises(WorkerError, match=rf"serve pages on 127.0.0.1:{server.port}.*; take another"):
        HttpServer({}, port=server.port, name="pages", advice="take another")


def test_any_threads_may_close_it_at_any_time() -> None:
    """Also before it has begun, and all at once."""
    for _ in range(20):
        server = HttpServer(ROUTES, name="test")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _, server=server: server.close(), range(4)))
        server.wait()
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(server.address, timeout=1)

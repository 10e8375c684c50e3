# SPDX-License-Identifier: Apache-2.0
"""Requests to the console and to a worker's health: an answer below 500, whatever is asked, and one answer.
A case is a request line, headers, an empty line and a body."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from workers.console.app import make_app
from workers.console.console import Console
from workers.console.sessions import Person, Sessions, role_of
from workers.http.health import Health
from workers.http.server import FixedPaths, plain
from workers.settings import ConsoleSettings, WorkerSettings

from ..trial import Target, words_of

PATHS = (
    "/",
    "/stream",
    "/correct",
    "/models",
    "/login",
    "/api/items",
    "/api/answers",
    "/api/people",
    "/api/letters",
)
HEADERS = "host: 127.0.0.1:8081\ncontent-type: application/json\norigin: http://127.0.0.1:8081\n"
SESSIONS = Sessions(b"a key of tests only")


@cache
def _console() -> Any:
    settings = ConsoleSettings(port=0)
    return make_app(Console(settings, WorkerSettings(broker="memory:fuzz"), None), SESSIONS)


@cache
def _health() -> Any:
    health = Health(10.0)
    routes = {
        "/health/live": lambda: plain(200, health.live()),
        "/health/ready": lambda: plain(503, health.ready()),
        "/metrics": lambda: plain(200, ""),
    }
    return FixedPaths(routes, True, None)


def _seeds() -> Sequence[bytes]:
    cookie = SESSIONS.cookie(Person("ada", role_of("operate", "")))
    head = f"{HEADERS}cookie: freshet={cookie}"
    answer = (Path(__file__).parents[1] / "seeds" / "answer.json").read_text()
    gets = [f"GET {path} HTTP/1.1\n{head}\n\n" for path in PATHS]
    posts = [f"POST {path} HTTP/1.1\n{head}\n\n{answer}" for path in PATHS if path.startswith("/api")]
    return [request.encode() for request in (*gets, *posts)]


def _health_seeds() -> Sequence[bytes]:
    return [
        f"GET {path} HTTP/1.1\nhost: localhost\n\n".encode()
        for path in ("/health/live", "/health/ready", "/metrics")
    ]


def _asked(app: Any, case: bytes, allowed: tuple[int, ...]) -> None:
    head, _, body = case.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, rest = first.decode("latin-1").partition(" ")
    target = rest.partition(" ")[0]
    path, _, query = target.partition("?")
    pairs = [line.partition(b":") for line in lines]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method[:20] or "GET",
        "scheme": "http",
        "path": unquote(path) or "/",
        "raw_path": path.encode("latin-1"),
        "root_path": "",
        "query_string": query.encode("latin-1"),
        "headers": [(name.strip().lower(), value.strip()) for name, _, value in pairs if name.strip()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8081),
    }
    sent = asyncio.run(_answer(app, scope, body))
    starts = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1, f"{len(starts)} answers"
    assert starts[0] < 500 or starts[0] in allowed, f"status {starts[0]}"


async def _answer(app: Any, scope: dict[str, Any], body: bytes) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with asyncio.timeout(20):
        await app(scope, receive, send)
    return sent


console = Target("console", lambda data: _asked(_console(), data, (503,)), _seeds, words_of("http"), rounds=3)
health = Target(
    "health", lambda data: _asked(_health(), data, (501, 503)), _health_seeds, words_of("http"), rounds=3
)

# SPDX-License-Identifier: Apache-2.0
"""The one HTTP server of Freshet: uvicorn in a thread, in front of fixed paths or of a whole application."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool

from ..errors import WorkerError
from .connections import BoundedConnection

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
GRACE = 2
"""Seconds that answers which are under way have at `close`."""
BACKLOG = 512


@dataclass(frozen=True, slots=True)
class Response:
    """What a path answers."""

    body: bytes
    content_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Routes = Mapping[str, Callable[[], Response]]
"""Path -> what answers it, called once for each request, by several threads at a time."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""


class HttpServer:
    """Answers from the moment it is made until `close`, which any thread may call.

    Of fixed paths it answers GET and HEAD; on loopback it serves this machine alone, and `local_names_only`
    also refuses requests under other names. An application decides all that itself.
    """

    def __init__(
        self,
        served: Routes | Application,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        name: str,
        advice: str = "give another port, or 0 for any",
        local_names_only: bool = True,
        not_found: Response | None = None,
    ) -> None:
        """`name`: what is served, for errors and the thread's name; port 0 takes any free one; `advice`: what
        to do where the port is taken; `not_found`: the answer to other paths, instead of a plain 404.

        Raises: WorkerError where the port is taken.
        """
        app = FixedPaths(served, local_names_only, not_found) if isinstance(served, Mapping) else served
        self._socket = _listen(host, port, name, advice)
        self._place = self._socket.getsockname()
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="none",
                http=BoundedConnection,
                loop="asyncio",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._thread = Thread(target=self._serve, name=f"freshet-{name}", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it has."""
        return int(self._place[1])

    @property
    def address(self) -> str:
        """`http://host:port`."""
        return f"http://{self._place[0]!s}:{self.port}"

    def wait(self) -> None:
        """Return when it is closed."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving; again changes nothing."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])


class FixedPaths:
    """An application of paths that are each answered by a function, from a pool of threads."""

    def __init__(self, routes: Routes, local_names_only: bool, not_found: Response | None) -> None:
        self._routes, self._local_names_only = routes, local_names_only
        self._not_found = not_found or plain(404, "Not Found")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope)
        await send_response(send, response, without_body=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return plain(501, "only GET and HEAD are answered here")
        # Another site's page may point a name of its own at this machine; what is served here is not for it
        # to read.
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if self._local_names_only and not is_local(host):
            return plain(403, "Forbidden")
        route = self._routes.get(_target(scope))
        if route is None:
            return self._not_found
        try:
            return await run_in_threadpool(route)
        except Exception:
            log.exception("%s could not be answered", scope["path"])
            return plain(500, "Internal Server Error")


def plain(status: int, text: str) -> Response:
    """A line of text."""
    return Response(f"{text}\n".encode(), "text/plain; charset=utf-8", status)


async def send_response(send: Send, response: Response, *, without_body: bool = False) -> None:
    """Send a response that is there whole."""
    headers = (
        ("content-type", response.content_type),
        ("content-length", str(len(response.body))),
        *response.headers,
    )
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": b"" if without_body else response.body})


def is_local(host: str) -> bool:
    """Whether a request's `Host` header names this machine as only itself does.

    >>> [is_local(host) for host in ("localhost:6066", "127.0.0.1:80", "mine.example:6066")]
    [True, True, False]
    """
    return host.rpartition(":")[0] in (LOOPBACK, "localhost")


def _target(scope: Scope) -> str:
    """Path and query, as they were asked for: with a query it is no fixed path."""
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def _listen(host: str, port: int, name: str, advice: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise WorkerError(f"expected to serve {name} on {host}:{port}, got {error}; {advice}") from error
    return made

# SPDX-License-Identifier: Apache-2.0
"""The one small HTTP server: fixed paths, each answered by a function, from threads of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from ..errors import WorkerError

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Response:
    """What a path answers."""

    body: bytes
    content_type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Routes = Mapping[str, Callable[[], Response]]
"""Path -> what answers it, called once for each request, by several threads at a time."""


class HttpServer:
    """Answers GET and HEAD of its routes from the moment it is made until `close`, which any thread may call.

    On loopback it serves this machine alone; `local_names_only` also refuses requests under other names. Who
    needs more than fixed paths puts another server behind these few names.
    """

    def __init__(
        self,
        routes: Routes,
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
        handler = _make_handler(routes, local_names_only, not_found)
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise WorkerError(f"expected to serve {name} on {host}:{port}, got {error}; {advice}") from error
        self._thread = Thread(target=self._server.serve_forever, name=f"freshet-{name}", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it has."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """`http://host:port`."""
        return f"http://{self._server.server_address[0]!s}:{self.port}"

    def wait(self) -> None:
        """Return when it is closed."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving; again changes nothing."""
        self._server.shutdown()
        self._thread.join()  # before the socket goes: the thread may not even have begun
        self._server.server_close()


def is_local(host: str) -> bool:
    """Whether a request's `Host` header names this machine as only itself does.

    >>> [is_local(host) for host in ("localhost:6066", "127.0.0.1:80", "mine.example:6066")]
    [True, True, False]
    """
    return host.rpartition(":")[0] in (LOOPBACK, "localhost")


def _make_handler(
    routes: Routes, local_names_only: bool, not_found: Response | None
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Another site's page may point a name of its own at this machine; what is served here is not for
            # it to read.
            if local_names_only and not is_local(self.headers.get("Host", "")):
                self.send_error(403)
            elif self.path in routes:
                self._answer(routes[self.path])
            elif not_found is not None:
                self._send(not_found)
            else:
                self.send_error(404)

        do_HEAD = do_GET

        def _answer(self, route: Callable[[], Response]) -> None:
            try:
                response = route()
            except Exception:
                log.exception("%s could not be answered", self.path)
                self.send_error(500)
            else:
                self._send(response)

        def _send(self, response: Response) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are no news."""

    return Handler

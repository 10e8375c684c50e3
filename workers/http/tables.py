# SPDX-License-Identifier: Apache-2.0
"""The tables of a correction worker over HTTP, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

from ..errors import WorkerError

HOST = "127.0.0.1"
PATH = "/corrections/tables/"


class TablesServer:
    """Serves what `report` says as JSON, from a thread of its own; port 0 takes any free one."""

    def __init__(self, report: Callable[[], Mapping[str, Any]], port: int = 0) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(report))
        except OSError as error:
            raise WorkerError(
                f"expected to serve on {HOST}:{port}, got {error}; give another --port, or 0 for any"
            ) from error
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_address[1]}{PATH}"
        self._thread = Thread(target=self._server.serve_forever, name="freshet-corrections", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(report: Callable[[], Mapping[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Another site's page may point a name of its own at this machine; what people correct is not for
            # it to read.
            if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
                self.send_error(403)
            elif self.path != PATH:
                self.send_error(404)
            else:
                self._answer(orjson.dumps(report()))

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are nobody's news."""

    return Handler

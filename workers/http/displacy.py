# SPDX-License-Identifier: Apache-2.0
"""Drawn documents in a browser: one page, served to this machine alone."""

from __future__ import annotations

from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from engine import Doc
from engine.displacy import Style, render

from ..errors import WorkerError

HOST = "127.0.0.1"


def serve(docs: Doc | Iterable[Doc], style: Style = "dep", *, port: int = 5000, **options: Any) -> None:
    """Draw the documents and serve the page on loopback until interrupted; `options` are those of
    `engine.displacy.render`.

    Raises: EngineError where they cannot be drawn; WorkerError where the port is taken.
    """
    server = PageServer(render(docs, style, page=True, **options), port)
    print(f"{style} at {server.url}, end with Ctrl-C")
    try:
        server.wait()
    except KeyboardInterrupt:
        print("ended")
    finally:
        server.close()


class PageServer:
    """Serves one page from a thread of its own; port 0 takes any free one."""

    def __init__(self, page: str, port: int = 0) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(page.encode("utf-8")))
        except OSError as error:
            raise WorkerError(
                f"expected to serve on {HOST}:{port}, got {error}; give another port, or 0 for any"
            ) from error
        self.port = int(self._server.server_address[1])
        self.url = f"http://{HOST}:{self.port}/"
        self._thread = Thread(target=self._server.serve_forever, name="freshet-displacy", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when the server ends."""
        self._thread.join()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def _handler(page: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Another site's page may point a name of its own at this machine; texts are not for it to read.
            known = {f"{name}:{self.connection.getsockname()[1]}" for name in (HOST, "localhost")}
            if self.headers.get("Host") not in known:
                self.send_error(403)
            elif self.path != "/":
                self.send_error(404)
            else:
                self._answer()

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are nobody's news."""

    return Handler

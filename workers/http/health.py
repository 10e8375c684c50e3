# SPDX-License-Identifier: Apache-2.0
"""Whether a worker lives and is ready, and the endpoints that say so: `/health/live`, `/health/ready`,
`/metrics`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson

from ..errors import WorkerError


class Health:
    """What the worker's threads say about themselves.

    Alive means that the poll loop goes round; whether the log can be reached is no part of it, or an outage
    of the log would restart the fleet. Ready means that the model is warm, the group was joined and the
    worker is not stopping.
    """

    def __init__(self, heartbeat_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = heartbeat_timeout
        self._clock = clock
        self._beat = clock()
        self.warm = False
        self.joined = False
        self.stopping = False
        self.failing = ""
        self.details: Mapping[str, object] = {}
        """What is worth knowing besides, such as the model that serves; a new mapping at each change."""

    def beat(self) -> None:
        """The poll loop went round."""
        self._beat = self._clock()

    def live(self) -> str:
        """Why the worker counts as dead; empty where it does not."""
        age = self._clock() - self._beat
        return f"no poll for {age:.0f} s" if self.warm and age > self._timeout else ""

    def ready(self) -> str:
        """Why the worker is not ready; empty where it is."""
        if not self.warm:
            return "the model is not warm yet"
        if self.stopping:
            return "stopping"
        if not self.joined:
            return "the group is not joined yet"
        return self.failing or self.live()


class HealthServer:
    """Serves health and metrics over HTTP from threads of its own."""

    def __init__(self, health: Health, metrics: Callable[[], bytes], host: str, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(health, metrics))
        except OSError as error:
            advice = "set health_port to a free port, or to 0 for any"
            raise WorkerError(f"expected to serve health on {host}:{port}, got {error}; {advice}") from error
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="freshet-health", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """`http://host:port`."""
        return f"http://{self._server.server_address[0]!s}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(health: Health, metrics: Callable[[], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            checks = {"/health/live": health.live, "/health/ready": health.ready}
            if self.path == "/metrics":
                self._send(200, metrics(), "text/plain; version=0.0.4; charset=utf-8")
            elif self.path in checks:
                reason = checks[self.path]()
                body = orjson.dumps({"ok": not reason, "reason": reason, **health.details})
                self._send(503 if reason else 200, body, "application/json")
            else:
                self._send(404, b"paths: /health/live /health/ready /metrics\n", "text/plain")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are no news."""

    return Handler

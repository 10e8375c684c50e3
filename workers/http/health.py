# SPDX-License-Identifier: Apache-2.0
"""Whether a worker lives and is ready, and the endpoints that say so: `/health/live`, `/health/ready`,
`/metrics`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import orjson

from ..settings import WorkerSettings
from .server import HttpServer, Response

log = logging.getLogger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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


def serve_health(health: Health, metrics: Callable[[], bytes], host: str, port: int) -> HttpServer:
    """Serve health and metrics until it is closed; a probe may ask under any name. Raises: WorkerError where
    the port is taken."""

    def tell(check: Callable[[], str]) -> Response:
        reason = check()
        body = orjson.dumps({"ok": not reason, "reason": reason, **health.details})
        return Response(body, "application/json", 503 if reason else 200)

    routes = {
        "/health/live": lambda: tell(health.live),
        "/health/ready": lambda: tell(health.ready),
        "/metrics": lambda: Response(metrics(), METRICS_TYPE),
    }
    return HttpServer(
        routes,
        host,
        port,
        name="health",
        advice="set health_port to a free port, or to 0 for any",
        local_names_only=False,
        not_found=Response(f"paths: {' '.join(routes)}\n".encode(), "text/plain", 404),
    )


@contextmanager
def serving_health(health: Health, metrics: Callable[[], bytes], settings: WorkerSettings) -> Iterator[str]:
    """The same for as long as the block lasts, where the settings say; the address, empty if they name no
    port."""
    if settings.health_port < 0:
        yield ""
        return
    with closing(serve_health(health, metrics, settings.health_host, settings.health_port)) as server:
        log.info("health and metrics on %s", server.address)
        yield server.address
